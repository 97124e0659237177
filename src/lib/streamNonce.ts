/**
 * The nonce of one chunk of a stream under AES-GCM (STREAM, Hoang et al. 2015): a prefix of seven bytes, the
 * chunk's number, and whether it is the last, so that a cut or reordered stream does not open.
 */
export function streamNonce(prefix: Uint8Array, counter: number, last: boolean): Buffer {
  const nonce = Buffer.alloc(12);
  nonce.set(prefix, 0);
  nonce.writeUInt32BE(counter, 7);
  nonce[11] = last ? 1 : 0;
  return nonce;
}
