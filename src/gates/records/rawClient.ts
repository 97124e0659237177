import { connect, type Socket } from "node:net";
import { client, codes, encodeMessage, encodeQuery, server } from "./wire/protocol.ts";
import { encodeStartup } from "./wire/startup.ts";

/**
 * A client of PostgreSQL that trusts nobody, for tests: it keeps every byte that reaches it, in whatever kind
 * of message, and counts the customers that can be read in them.
 */
export class RawClient {
  readonly #socket: Socket;
  #bytes: Buffer[] = [];
  #tail = Buffer.alloc(0);
  #ready = 0;
  #wake: (() => void) | null = null;
  #closed = false;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("data", (bytes: Buffer) => {
      this.#bytes.push(bytes);
      this.#walk(bytes);
      this.#wake?.();
    });
    socket.on("error", () => {});
    socket.on("close", () => {
      this.#closed = true;
      this.#wake?.();
    });
  }

  static async open(place: { port: number; user: string; database: string }): Promise<RawClient> {
    const socket = connect({ host: "127.0.0.1", port: place.port, noDelay: true });
    const raw = new RawClient(socket);
    const { user, database } = place;
    socket.write(encodeStartup({ version: codes.protocol30, parameters: { user, database } }));
    await raw.untilReady(1);
    return raw;
  }

  /** Counts ReadyForQuery; the rest of a message that is not whole waits. */
  #walk(bytes: Buffer): void {
    let rest = this.#tail.length === 0 ? bytes : Buffer.concat([this.#tail, bytes]);
    while (rest.length >= 5) {
      const total = 1 + rest.readUInt32BE(1);
      if (rest.length < total) break;
      if (rest[0] === server.ready) this.#ready += 1;
      rest = rest.subarray(total);
    }
    this.#tail = Buffer.from(rest);
  }

  /** Waits for the nth ReadyForQuery; false where the connection ends before, or nothing comes for 10 s. */
  async untilReady(count: number): Promise<boolean> {
    while (this.#ready < count && !this.#closed) {
      const heard = await new Promise<boolean>((resolve) => {
        const timer = setTimeout(() => resolve(false), 10_000);
        this.#wake = () => {
          clearTimeout(timer);
          resolve(true);
        };
      });
      if (!heard) return false;
    }
    return this.#ready >= count;
  }

  /** Sends bytes as they are, and waits until the server is ready so many times more. */
  async send(bytes: Buffer, readies = 1): Promise<boolean> {
    const wanted = this.#ready + readies;
    this.#socket.write(bytes);
    return this.untilReady(wanted);
  }

  query(text: string): Promise<boolean> {
    return this.send(encodeQuery(text));
  }

  /** Everything in one go: Parse, Bind (with formats of results), Execute, Sync. */
  extended(text: string, format: 0 | 1 = 0, rows = 0): Promise<boolean> {
    const count = Buffer.alloc(4);
    count.writeInt32BE(rows);
    return this.send(
      Buffer.concat([
        encodeMessage(client.parse, `\0${text}\0`, Buffer.alloc(2)),
        encodeMessage(client.bind, "\0\0", Buffer.from([0, 0, 0, 0, 0, 1, 0, format])),
        encodeMessage(client.execute, "\0", count),
        encodeMessage(client.sync),
      ]),
    );
  }

  get text(): string {
    return Buffer.concat(this.#bytes).toString("latin1");
  }

  /** Distinct customers of `testRecords` whose mail, passport, name or address can be read anywhere. */
  get customers(): number {
    const bytes = Buffer.concat(this.#bytes).toString("utf8");
    const found = new Set<number>();
    for (const match of bytes.matchAll(/u(\d+)@customer|XT(\d{7})|(?:佐藤|サトウ) (\d+)|丸の内(\d+)/g))
      found.add(Number(match[1] ?? match[2] ?? match[3] ?? match[4]));
    return found.size;
  }

  /** Complete rows of results and of COPY. */
  get rows(): number {
    const bytes = Buffer.concat(this.#bytes);
    let rows = 0;
    for (let at = 0; at + 5 <= bytes.length; at += 1 + bytes.readUInt32BE(at + 1))
      if (bytes[at] === server.dataRow || bytes[at] === server.copyData) rows += 1;
    return rows;
  }

  /** Text of the first column of each row of results, and of each line of COPY. */
  get firstColumns(): string[] {
    const bytes = Buffer.concat(this.#bytes);
    const found: string[] = [];
    for (let at = 0; at + 11 <= bytes.length; at += 1 + bytes.readUInt32BE(at + 1)) {
      const end = at + 1 + bytes.readUInt32BE(at + 1);
      if (bytes[at] === server.dataRow)
        found.push(bytes.toString("utf8", at + 11, at + 11 + Math.max(0, bytes.readInt32BE(at + 7))));
      if (bytes[at] === server.copyData)
        found.push(bytes.toString("utf8", at + 5, end).split(/[,\t\n]/)[0] ?? "");
    }
    return found;
  }

  /** SQLSTATEs of errors. */
  get errors(): string[] {
    return [...this.text.matchAll(/S(?:ERROR|FATAL)\0V\w+\0C([0-9A-Z]{5})\0/g)].map(
      (match) => match[1] as string,
    );
  }

  forget(): void {
    this.#bytes = [];
  }

  close(): void {
    this.#socket.destroy();
  }
}
