import { createHash } from "node:crypto";
import { SMTPServer } from "smtp-server";

/** A message that reached the mailbox behind the gate. */
export type Delivered = { at: number; mailFrom: string; rcptTo: string[]; raw: Buffer; sha256: string };

export type Mailbox = {
  port: number;
  delivered: Delivered[];
  /** Resolves when `test` holds for the mailbox, or rejects after `msMax`. */
  waitFor(test: (delivered: Delivered[]) => boolean, msMax: number): Promise<void>;
  close(): Promise<void>;
};

export const limits = { messagesKeptMax: 5_000 } as const;

/** A mail server behind the gate that keeps what it gets: the next hop of the replay, over real SMTP. */
export async function openMailbox(host = "127.0.0.1"): Promise<Mailbox> {
  const delivered: Delivered[] = [];
  const watchers = new Set<() => void>();
  const server = new SMTPServer({
    name: "mailbox.example",
    disabledCommands: ["AUTH", "STARTTLS"],
    authOptional: true,
    disableReverseLookup: true,
    lenientAddressParsing: true,
    onData(stream, session, callback) {
      const chunks: Buffer[] = [];
      stream.on("data", (chunk: Buffer) => chunks.push(chunk));
      stream.on("end", () => {
        const raw = Buffer.concat(chunks);
        const { mailFrom, rcptTo } = session.envelope;
        delivered.push({
          at: Date.now(),
          mailFrom: mailFrom === false ? "" : mailFrom.address,
          rcptTo: rcptTo.map((recipient) => recipient.address),
          raw,
          sha256: createHash("sha256").update(raw).digest("hex"),
        });
        if (delivered.length > limits.messagesKeptMax) delivered.shift();
        callback(null, "kept");
        for (const watcher of watchers) watcher();
      });
    },
  });
  server.on("error", () => {}); // A client that goes away in the middle is the gate's matter.
  await new Promise<void>((resolve, reject) => {
    server.server.once("error", reject);
    server.listen(0, host, () => resolve());
  });
  const address = server.server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;

  function waitFor(test: (delivered: Delivered[]) => boolean, msMax: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        watchers.delete(look);
        reject(new Error(`the mailbox has ${delivered.length} messages after ${msMax} ms`));
      }, msMax);
      function look(): void {
        if (!test(delivered)) return;
        clearTimeout(timer);
        watchers.delete(look);
        resolve();
      }
      watchers.add(look);
      look();
    });
  }

  return { port, delivered, waitFor, close: () => new Promise((resolve) => server.close(() => resolve())) };
}
