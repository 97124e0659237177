const buffers = new Map<string, ArrayBuffer>();

/**
 * Memory of this thread for one use, which holds whatever the last one left there. What is made anew for each
 * row group keeps the collector of garbage busy: a tenth of the time of writing.
 */
export function scratch(use: string, bytes: number): ArrayBuffer {
  const known = buffers.get(use);
  if (known !== undefined && known.byteLength >= bytes) return known;
  const made = new ArrayBuffer(Math.ceil((bytes * 1.25) / 8) * 8);
  buffers.set(use, made);
  return made;
}
