/** Memory that threads share; never empty, since a view of no bytes cannot be handed over. */
export const sharedBytes = (bytes: number): SharedArrayBuffer => new SharedArrayBuffer(Math.max(8, bytes));

/** Numbers in memory that threads share: others are copied for each task. */
export function inSharedMemory<Numbers extends Uint8Array | Int32Array | Float32Array | BigInt64Array>(
  numbers: Numbers,
): Numbers {
  if (numbers.buffer instanceof SharedArrayBuffer) return numbers;
  const bytes = new Uint8Array(sharedBytes(numbers.byteLength), 0, numbers.byteLength);
  bytes.set(new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength));
  const Kind = numbers.constructor as new (buffer: ArrayBufferLike, from: number, length: number) => Numbers;
  return new Kind(bytes.buffer, 0, numbers.length);
}
