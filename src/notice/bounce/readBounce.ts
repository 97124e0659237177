import PostalMime from "postal-mime";
import { readReturnAddress, type ReturnMark } from "../compose/returnPath.ts";

/**
 * What a mail to a return address says. hard: this address will never work; soft: it may work later; delayed:
 * the server still tries; reply: an absence note or a person's answer, no bounce at all.
 */
export type BounceKind = "hard" | "soft" | "delayed" | "reply" | "unreadable";

export type Bounce = {
  kind: BounceKind;
  /** Enhanced status (RFC 3463), or "" where none is told. */
  status: string;
  /** By what it was known: a report (RFC 3464), or words of a known program. */
  way: "report" | "words" | "none";
  /** Return addresses that stand in it, the most trustworthy first; the caller checks their marks. */
  marks: (ReturnMark & { mark: string })[];
};

export const limits = { messageBytesMax: 2 * 1024 ** 2, textCharactersMax: 64 * 1024, marksMax: 8 } as const;

/** Reads a mail that came to a return address. Never throws: what cannot be read says so. */
export async function readBounce(
  message: Uint8Array,
  envelopeRecipient: string | null = null,
): Promise<Bounce> {
  const none: Bounce = { kind: "unreadable", status: "", way: "none", marks: [] };
  if (message.length > limits.messageBytesMax) return none;
  const marks = marksOf(message, envelopeRecipient);
  try {
    const mail = await PostalMime.parse(message, { maxNestingDepth: 20 });
    const headers = new Map(mail.headers.map(({ key, value }) => [key.toLowerCase(), value]));
    const report = mail.attachments.find(({ mimeType }) => mimeType === "message/delivery-status");
    const told = report === undefined ? null : readReport(textOf(report.content));
    if (told !== null) return { ...told, way: "report", marks };
    const text = `${mail.subject ?? ""}\n${mail.text ?? ""}\n${stripTags(mail.html ?? "")}`;
    const words = readWords(text.slice(0, limits.textCharactersMax).normalize("NFKC"));
    const autoReply = /auto-(replied|generated)/i.test(headers.get("auto-submitted") ?? "");
    if (words === null || (autoReply && words.status === "" && !isFromDaemon(headers.get("from") ?? "")))
      return { ...none, kind: "reply", marks };
    return { ...words, way: "words", marks };
  } catch {
    return { ...none, marks };
  }
}

const isFromDaemon = (from: string): boolean => /mailer-daemon|postmaster/i.test(from);

const textOf = (content: string | ArrayBuffer | Uint8Array): string =>
  typeof content === "string" ? content : Buffer.from(content as ArrayBuffer).toString("utf8");

const stripTags = (html: string): string =>
  html.slice(0, limits.textCharactersMax * 2).replace(/<[^<>]{0,2000}>/g, " ");

/**
 * Return addresses in the envelope and the header first, then anywhere: the original may be quoted.
 */
function marksOf(message: Uint8Array, envelopeRecipient: string | null): Bounce["marks"] {
  const text = Buffer.from(message.buffer, message.byteOffset, message.byteLength).toString("latin1");
  const unfolded = text
    .replace(/=\r?\n/g, "")
    .replaceAll("=3D", "=")
    .replaceAll("=2B", "+");
  const found: Bounce["marks"] = [];
  const add = (from: string): void => {
    const read = readReturnAddress(from);
    if (read === null || found.length >= limits.marksMax) return;
    if (!found.some(({ mark }) => mark === read.mark)) found.push(read);
  };
  if (envelopeRecipient !== null) add(envelopeRecipient);
  const head = /^(?:delivered-to|x-original-to|envelope-to|to):.*bounce[+=].*$/gim;
  for (const [line] of unfolded.slice(0, 64_000).matchAll(head)) add(line);
  for (const [one] of unfolded.matchAll(/bounce[+=][0-9a-z.]{14,40}(?=@|=40)/gi)) add(`${one}@`);
  return found;
}

/** RFC 3464 2.3: fields of the recipient, the gravest where there are several. */
function readReport(text: string): Pick<Bounce, "kind" | "status"> | null {
  const fields = text.replace(/\r?\n[ \t]+/g, " ");
  let told: Pick<Bounce, "kind" | "status"> | null = null;
  for (const group of fields.split(/\r?\n\r?\n/)) {
    const action = /^action:\s*([a-z-]+)/im.exec(group)?.[1]?.toLowerCase();
    if (action === undefined) continue;
    const diagnostic = /^diagnostic-code:\s*(.*)$/im.exec(group)?.[1] ?? "";
    const given = /^status:\s*([245]\.\d{1,3}\.\d{1,3})/im.exec(group)?.[1] ?? "";
    // Some servers say 5.0.0 and the truth in the diagnostic code.
    const finer = /\b([45]\.\d{1,3}\.\d{1,3})\b/.exec(diagnostic)?.[1];
    const status = /^[45]\.0\.0$/.test(given) || given === "" ? (finer ?? given) : given;
    if (action === "failed") return { kind: kindOfStatus(status, diagnostic), status };
    if (action === "delayed") told = { kind: "delayed", status };
    else told ??= { kind: "reply", status };
  }
  return told;
}

/** RFC 3463: what a status says of the address. 5.2.2 is a full mailbox, though its class says "for good". */
export function kindOfStatus(status: string, text: string): "hard" | "soft" {
  if (/^[45]\.2\.2$/.test(status)) return "soft";
  if (/^[45]\.7\./.test(status) || /^[45]\.3\./.test(status) || /^4\./.test(status)) return "soft";
  if (/^5\.[12456]\./.test(status)) return "hard";
  return readWords(text)?.kind === "soft" ? "soft" : "hard";
}

type Words = { kind: "hard" | "soft" | "delayed"; status: string; patterns: readonly RegExp[] };

/** Sentences of programs that write no report, or none that says it; the first that fits counts. */
const known: readonly Words[] = [
  // It is tried again: Postfix, sendmail, Exchange, Japanese.
  {
    ...{ kind: "delayed", status: "4.0.0" },
    patterns: [
      /delivery (has been |is )?delayed|will (keep|continue) trying|still being retried/i,
      /配信が遅れて|再送を(続け|試み)/u,
    ],
  },
  // Full mailboxes.
  {
    ...{ kind: "soft", status: "5.2.2" },
    patterns: [
      /mailbox (is )?full|over ?quota|quota (is )?exceeded|exceeded (its|the|his) (storage|quota)/i,
      /メールボックス.{0,12}(一杯|いっぱい|満杯|容量)|容量[をが]?(超え|超過)|受信箱.{0,8}一杯/u,
    ],
  },
  // Unknown users: qmail and its Japanese kin, sendmail, Postfix, Exim, large providers.
  {
    ...{ kind: "hard", status: "5.1.1" },
    patterns: [
      /sorry, no mailbox here by that name|this user doesn't have a [\w.]* ?account/i,
      /user unknown|unknown user|no such user|unknown (local )?recipient|does not exist|doesn't exist/i,
      /recipient (address )?(rejected|not found)|invalid (recipient|mailbox|address)/i,
      /no such (mailbox|recipient|address)|mailbox (unavailable|not found)|(wasn't|couldn't be) found/i,
      new RegExp(
        "(宛先|あて先|送信先|受信者|ユーザー?|メールアドレス|アドレス).{0,30}" +
          "(存在しません|見つかりません|不明|ありません|使われて(おり|い)ません|誤り|間違)",
        "u",
      ),
    ],
  },
  // Exchange, English and Japanese.
  {
    ...{ kind: "hard", status: "5.1.10" },
    patterns: [/recipientnotfound|the e-?mail (account|address) (that )?you (tried|entered)/i],
  },
  // The domain.
  {
    ...{ kind: "hard", status: "5.1.2" },
    patterns: [
      /(host|domain) (name )?(not found|unknown)|name or service not known/i,
      /unrouteable (mail )?(address|domain)|ドメイン.{0,20}(存在しません|見つかりません)/iu,
    ],
  },
  // Not from us, or not now.
  {
    ...{ kind: "soft", status: "5.7.1" },
    patterns: [/spam|blocked|blacklist|policy|rejected for|denied|受信拒否|ドメイン指定|なりすまし/iu],
  },
  {
    ...{ kind: "soft", status: "4.4.1" },
    patterns: [/timed? ?out|connection refused|temporarily|try again later|no route to host|一時的/iu],
  },
  // It came back, and nothing more is known: it is taken as final, for a letter is slower but sure.
  {
    ...{ kind: "hard", status: "5.0.0" },
    patterns: [
      /undeliver|could ?n[o']t (be )?deliver|delivery (has )?failed|failure notice|returned mail/i,
      /delivery status notification \(failure\)|not be delivered/i,
      /配信(に失敗|できません|不能|不可)|配送(に失敗|できません)|送信(に失敗|できません|エラー)/u,
      /届けることができません|エラーメール/u,
    ],
  },
];

function readWords(text: string): (Pick<Bounce, "kind" | "status"> & { kind: Words["kind"] }) | null {
  const said = /\b(?:#|\()?([45]\.\d{1,3}\.\d{1,3})\b/.exec(text)?.[1];
  for (const { kind, status, patterns } of known) {
    if (!patterns.some((pattern) => pattern.test(text))) continue;
    // A status in the text is finer than our guess, where both say the same class of thing.
    return { kind, status: said !== undefined && kind !== "delayed" ? said : status };
  }
  return said === undefined ? null : { kind: kindOfStatus(said, ""), status: said };
}
