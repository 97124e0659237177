import { createReadStream, existsSync, readFileSync, statSync } from "node:fs";
import { mkdir, readdir, readFile, rename } from "node:fs/promises";
import { join } from "node:path";
import { ImapFlow } from "imapflow";
import { SMTPServer } from "smtp-server";
import { SekishoError, textOfError } from "../../lib/error.ts";
import { Turn } from "../../lib/turn.ts";
import type { NoticeSettings } from "../settings.ts";
import { limits as readLimits } from "./readBounce.ts";
import { limits, type BounceMail, type BounceTaker, type TakenBounce } from "./takeBounce.ts";

export type OnTaken = (taken: readonly TakenBounce[]) => void;

/** Takes all new mails of a Maildir, and moves each to `cur` as seen when it is on record. */
export async function takeMaildir(folder: string, taker: BounceTaker, onTaken: OnTaken): Promise<number> {
  const fresh = join(folder, "new");
  if (!existsSync(fresh)) {
    throw new SekishoError("input-unreadable", `Cannot read ${folder}: it is no Maildir`, {
      hint: "name the folder that holds cur, new and tmp",
    });
  }
  await mkdir(join(folder, "cur"), { recursive: true, mode: 0o700 });
  let count = 0;
  for (;;) {
    const names = (await readdir(fresh)).toSorted().slice(0, limits.batchMails);
    if (names.length === 0) return count;
    for (const group of groupsOf(names, (name) => statSync(join(fresh, name)).size)) {
      const mails: BounceMail[] = [];
      for (const name of group)
        mails.push({ bytes: await readBounded(join(fresh, name)), envelopeRecipient: null });
      onTaken(await taker.take(mails));
      // maildir(5): S is seen.
      for (const name of group)
        await rename(join(fresh, name), join(folder, "cur", `${name.split(":")[0]}:2,S`));
      count += group.length;
    }
  }
}

/** Takes single files, each one mail. */
export async function takeFiles(
  paths: readonly string[],
  taker: BounceTaker,
  onTaken: OnTaken,
): Promise<number> {
  for (const group of groupsOf(paths, sizeOf)) {
    const mails: BounceMail[] = [];
    for (const path of group) mails.push({ bytes: await readBounded(path), envelopeRecipient: null });
    onTaken(await taker.take(mails));
  }
  return paths.length;
}

function sizeOf(path: string): number {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat?.isFile() === true) return stat.size;
  throw new SekishoError("input-unreadable", `Cannot read ${path}: it is no file`, {
    hint: "name files that hold one mail each, or a Maildir with --maildir",
  });
}

/** What is too long is kept by its beginning: the reader says that it cannot read it. */
async function readBounded(path: string): Promise<Buffer> {
  if (statSync(path).size <= readLimits.messageBytesMax) return readFile(path);
  const parts: Buffer[] = [];
  for await (const part of createReadStream(path, { end: readLimits.messageBytesMax })) parts.push(part);
  return Buffer.concat(parts);
}

function* groupsOf(names: readonly string[], size: (name: string) => number): Generator<string[]> {
  let [group, bytes]: [string[], number] = [[], 0];
  for (const name of names) {
    const own = Math.min(size(name), readLimits.messageBytesMax);
    if (group.length >= limits.batchMails || (group.length > 0 && bytes + own > limits.batchBytes)) {
      yield group;
      [group, bytes] = [[], 0];
    }
    group.push(name);
    bytes += own;
  }
  if (group.length > 0) yield group;
}

const gatherMs = 200;
const connectionsMax = 50;

/**
 * Listens for bounces by SMTP, for the domain of return addresses alone. A mail is answered with 250 when it
 * is on record; mails of a fifth of a second are taken together.
 */
export async function listenForBounces(
  options: { host: string; port: number; domain: string },
  taker: BounceTaker,
  onTaken: OnTaken,
): Promise<{ port: number; close(): Promise<void> }> {
  type Waiting = { mail: BounceMail; done: (error: Error | null) => void };
  let waiting: Waiting[] = [];
  let timer: NodeJS.Timeout | null = null;
  const turn = new Turn();
  const flush = (): void => {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    const own = waiting;
    waiting = [];
    void turn.take(async () => {
      try {
        onTaken(await taker.take(own.map(({ mail }) => mail)));
        for (const { done } of own) done(null);
      } catch {
        const later = Object.assign(new Error("4.3.0 not on record yet, come again"), { responseCode: 451 });
        for (const { done } of own) done(later);
      }
    });
  };
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ["AUTH", "STARTTLS"],
    size: readLimits.messageBytesMax,
    maxClients: connectionsMax,
    banner: "bounces",
    onRcptTo({ address }, _session, callback) {
      const own = address.toLowerCase().endsWith(`@${options.domain.toLowerCase()}`);
      callback(own ? null : Object.assign(new Error("5.7.1 not for here"), { responseCode: 550 }));
    },
    onData(stream, session, callback) {
      const parts: Buffer[] = [];
      stream.on("data", (part: Buffer) => {
        if (!stream.sizeExceeded) parts.push(part);
      });
      stream.on("end", () => {
        const envelopeRecipient = session.envelope.rcptTo[0]?.address ?? null;
        waiting.push({
          mail: { bytes: Buffer.concat(parts), envelopeRecipient },
          done: (error) => callback(error, "on record"),
        });
        if (waiting.length >= connectionsMax) flush();
        else timer ??= setTimeout(flush, gatherMs);
      });
    },
  });
  server.on("error", () => {}); // A client that breaks off concerns nobody else.
  await new Promise<void>((resolve, reject) => {
    server.server.once("error", reject);
    server.listen(options.port, options.host, () => resolve());
  });
  const { port } = server.server.address() as { port: number };
  const close = async (): Promise<void> => {
    await new Promise<void>((resolve) => server.close(() => resolve()));
    await turn.take(async () => {});
  };
  return { port, close };
}

type ImapSettings = NonNullable<NoticeSettings["imap"]>;

/** Takes unseen mails of an IMAP folder, and marks each as seen when it is on record. */
export async function takeImap(
  settings: ImapSettings,
  passwordPath: string,
  taker: BounceTaker,
  onTaken: OnTaken,
): Promise<number> {
  const client = new ImapFlow({
    ...{ host: settings.host, port: settings.port, secure: settings.tls, logger: false },
    auth: { user: settings.user, pass: readFileSync(passwordPath, "utf8").replace(/\r?\n$/, "") },
    tls: { rejectUnauthorized: settings.verify },
  });
  client.on("error", () => {}); // What it was asked for fails, and says so.
  try {
    await client.connect();
    const lock = await client.getMailboxLock(settings.folder);
    try {
      return await takeUnseen(client, taker, onTaken);
    } finally {
      lock.release();
    }
  } catch (cause) {
    if (cause instanceof SekishoError) throw cause;
    throw new SekishoError(
      "peer-unavailable",
      `Cannot read bounces from ${settings.host}: ${textOfError(cause)}`,
      { hint: "see notice.imap: host, port, user, password file and folder", cause },
    );
  } finally {
    await client.logout().catch(() => {});
  }
}

async function takeUnseen(client: ImapFlow, taker: BounceTaker, onTaken: OnTaken): Promise<number> {
  const found = await client.search({ seen: false }, { uid: true });
  const ids = found === false || found === undefined ? [] : found;
  for (let at = 0; at < ids.length; at += limits.batchMails) {
    const own = ids.slice(at, at + limits.batchMails);
    const mails: BounceMail[] = [];
    const query = { source: { maxLength: readLimits.messageBytesMax } };
    for await (const { source } of client.fetch(own, query, { uid: true }))
      mails.push({ bytes: source ?? Buffer.alloc(0), envelopeRecipient: null });
    if (mails.length > 0) onTaken(await taker.take(mails));
    await client.messageFlagsAdd(own, ["\\Seen"], { uid: true });
  }
  return ids.length;
}
