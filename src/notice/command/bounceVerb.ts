import { SekishoError } from "../../lib/error.ts";
import { untilStopped } from "../../lib/untilStopped.ts";
import { listenForBounces, takeFiles, takeImap, takeMaildir } from "../bounce/sources.ts";
import { BounceTaker, type TakenBounce } from "../bounce/takeBounce.ts";
import { isGiven, print, textIn, type NoticeVerb } from "./place.ts";

export const bouncesVerb: NoticeVerb = {
  summary: "take what came back, and move its persons to their next channel",
  help: `sekisho notice bounces --maildir DIR | --imap | FILE…     once
sekisho notice bounces --listen [HOST:]PORT               until Ctrl-C, by SMTP

Reads reports (RFC 3464) and the words of programs that write none; tells whose it is by the return address,
whose mark only we can make. hard: next address, then letter, then substitute notice. soft (mailbox full, not
now): once more after notice.retry.softBounceHours, then the same. delayed, reply: counted, nobody moves.
unassigned, forged: kept and counted. Every mail is kept encrypted, with an entry in the ledger.
Then: sekisho notice send, for second addresses; sekisho notice letters.

  --imap    the mailbox of notice.imap; mails are marked as seen when they are on record
`,
  options: { maildir: { type: "string" }, imap: { type: "boolean" }, listen: { type: "string" } },
  writes: true,
  async run({ room, settings }, given) {
    const taker = new BounceTaker(room, settings.retry);
    const counts: Record<string, number> = {};
    const onTaken = (taken: readonly TakenBounce[]): void => {
      for (const { kind } of taken) counts[kind] = (counts[kind] ?? 0) + 1;
    };
    const [maildir, listen] = [textIn(given, "maildir"), textIn(given, "listen")];
    if (maildir !== undefined) await takeMaildir(maildir, taker, onTaken);
    else if (listen !== undefined) {
      const place = placeOf(listen);
      const server = await listenForBounces({ ...place, domain: settings.bounceDomain }, taker, onTaken);
      process.stderr.write(`listening on ${place.host}:${server.port}\n`);
      await untilStopped();
      await server.close();
    } else if (isGiven(given, "imap")) {
      const { imap } = settings;
      if (imap === undefined) {
        throw new SekishoError("config-invalid", "Cannot read by IMAP: notice.imap is not there", {
          hint: "name host, user and password file there",
        });
      }
      await takeImap(imap, imap.passwordFile, taker, onTaken);
    } else if (given.words.length > 0) await takeFiles(given.words, taker, onTaken);
    else {
      throw new SekishoError("usage", "Cannot tell where bounces are", {
        hint: "try: sekisho notice bounces --help",
      });
    }
    print(given, counts, () => {
      const lines = Object.entries(counts).map(([kind, count]) => `${kind} ${count}\n`);
      return lines.join("") || "none\n";
    });
    return 0;
  },
};

function placeOf(text: string): { host: string; port: number } {
  const [, host = "127.0.0.1", port = ""] = /^(?:(.+):)?(\d{1,5})$/.exec(text) ?? [];
  if (port !== "" && Number(port) <= 65_535) return { host, port: Number(port) };
  throw new SekishoError("usage", `Cannot listen on "${text}"`, { hint: "PORT, or HOST:PORT" });
}
