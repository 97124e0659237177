import { createConnection, createServer, type Server, type Socket } from "node:net";
import { chmodSync, rmSync } from "node:fs";

export const limits = { frameBytesMax: 16 * 1024 ** 2, writeBufferBytesMax: 64 * 1024 ** 2 } as const;

/** JSON messages over a local socket: a big-endian 32-bit length, then UTF-8 JSON. */
export class FramedSocket {
  readonly #socket: Socket;
  #pending: Buffer[] = [];
  #pendingBytes = 0;

  constructor(socket: Socket, handlers: { onMessage: (message: unknown) => void; onClose: () => void }) {
    this.#socket = socket;
    socket.on("data", (chunk: Buffer) => {
      this.#pending.push(chunk);
      this.#pendingBytes += chunk.length;
      this.#drain(handlers.onMessage);
    });
    socket.on("error", () => socket.destroy());
    socket.on("close", handlers.onClose);
  }

  #drain(onMessage: (message: unknown) => void): void {
    if (this.#pendingBytes < 4) return;
    let bytes = this.#pending.length === 1 ? (this.#pending[0] as Buffer) : Buffer.concat(this.#pending);
    while (bytes.length >= 4) {
      const length = bytes.readUInt32BE(0);
      if (length > limits.frameBytesMax) {
        this.#socket.destroy(new Error(`frame of ${length} bytes`));
        return;
      }
      if (bytes.length < 4 + length) break;
      try {
        onMessage(JSON.parse(bytes.toString("utf8", 4, 4 + length)));
      } catch (error) {
        // Whoever is at the other end does not speak our language: that ends the link, not this process.
        this.#socket.destroy(error as Error);
        return;
      }
      bytes = bytes.subarray(4 + length);
    }
    this.#pending = bytes.length === 0 ? [] : [bytes];
    this.#pendingBytes = bytes.length;
  }

  /** Sends a message; false where the socket is gone. */
  send(message: unknown): boolean {
    if (this.#socket.destroyed || this.#socket.writableLength > limits.writeBufferBytesMax) return false;
    const body = Buffer.from(JSON.stringify(message), "utf8");
    const head = Buffer.alloc(4);
    head.writeUInt32BE(body.length);
    this.#socket.write(head);
    this.#socket.write(body);
    return true;
  }

  close(): void {
    this.#socket.end();
    this.#socket.destroySoon();
  }

  /** Ends the link at once, whether or not the other end reads what was sent. */
  destroy(): void {
    this.#socket.destroy();
  }
}

/** Listens on a local socket that only this user may open; a stale socket file is replaced. */
export async function listenLocal(path: string, onSocket: (socket: Socket) => void): Promise<Server> {
  rmSync(path, { force: true });
  const server = createServer(onSocket);
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(path, resolve);
  });
  chmodSync(path, 0o600);
  return server;
}

/** Connects to a local socket; rejects at once where nobody listens. */
export function connectLocal(path: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(path);
    socket.once("error", reject);
    socket.once("connect", () => {
      socket.removeListener("error", reject);
      resolve(socket);
    });
  });
}
