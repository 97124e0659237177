import { Socket } from "node:net";
import type { ReadBuffer } from "./readBuffer.ts";

/**
 * Has an accepted socket, paused from its birth, read into a buffer of ours. Node offers `onread` for sockets
 * that it connects, and none for those that it accepts (`net.createServer` passes no such option on), so the
 * system's socket is handed over to a `Socket` of our own: a fifth of a transaction's cost. Where a Node to
 * come has no handle to hand over, the socket is read as usual: slower, and otherwise the same.
 */
export function readInto(accepted: Socket, buffer: ReadBuffer): Socket {
  const husk = accepted as unknown as { _handle: object | null };
  const handle = husk._handle;
  if (handle === null || handle === undefined) {
    accepted.on("data", (bytes: Buffer) => buffer.reader(bytes));
    accepted.resume();
    return accepted;
  }
  husk._handle = null;
  const socket = new Socket({ handle, onread: buffer.onread } as object);
  accepted.destroy();
  return socket;
}
