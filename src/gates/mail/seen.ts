/**
 * What the mail gate sees of one message: the shapes that observe.ts fills and judge.ts reads. Plain data
 * only.
 */

/** An address with its display name as the recipient's mail program would show it. */
export type Mailbox = { name: string; address: string; domain: string };

/** What the SMTP session says about where the message comes from. */
export type Transport = {
  /** The true client: from XCLIENT or the PROXY protocol where a trusted front host says so. */
  clientAddress: string | null;
  clientName: string | null;
  helo: string | null;
  mailFrom: string;
  rcptTo: string[];
  direction: "inbound" | "outbound";
};

/** What the gate remembers about this sender before this message; null where nobody could know. */
export type History = {
  /** Messages passed before from this exact address, and from its organisational domain. */
  fromAddress: number | null;
  fromDomain: number | null;
  /** Messages of ours sent to this exact address. */
  toAddress: number | null;
};

/** The history of a message that is looked at on its own, without a gate that remembers. */
export const unknownHistory: History = { fromAddress: null, fromDomain: null, toAddress: null };

/** One file name that some program would use, and where it stands. */
export type CandidateName = {
  value: string;
  /** `filename`, `filename*`, `name`, `name*`, `zip-central`, `zip-local`, `zip-unicode`, `lzh`, `7z`. */
  from: string;
  charset: string | null;
};

/** A way in which a message, header, part or archive is not as its standard asks. */
export type Defect = { code: string; where: string; detail: string };

/** Why a content was not looked into, or not to its end. */
export const UNREAD = ["depth", "count", "size", "ratio", "time", "format", "encrypted", "missing"] as const;
export type Unread = (typeof UNREAD)[number];

/** Facts about a file that its kind does not say. Closed: judge.ts asks for them by name. */
export const FILE_MARKS = [
  "auto-macro",
  "archive-comment-data",
  "archive-headers-disagree",
  "archive-prepended-data",
  "archive-trailing-data",
  "archive-entries-overlap",
  "bomb",
  "dde-field",
  "dynamic-library",
  "embedded-object",
  "encrypted-names",
  "external-template",
  "html-form",
  "html-smuggling",
  "link-command",
  "pdf-attachment",
  "pdf-launch",
  "pdf-script",
  "program-after-junk",
  "remote-share",
  "self-extracting",
  "some-entries-encrypted",
  "split-archive",
  "svg-script",
  "xlm-macro",
] as const;
export type FileMark = (typeof FILE_MARKS)[number];

/** A file inside an archive, or a part of a message, after decoding. */
export type SeenFile = {
  /** Place in the message: "2" is the second part, "2/1" the first file in its archive. */
  path: string;
  names: CandidateName[];
  /** Content-Type as declared, lower case, without parameters; null inside archives. */
  declaredType: string | null;
  disposition: string | null;
  /**
   * What its first bytes (and structure) say, such as `pe`, `zip`, `pdf`, `ole`, `ooxml`, `lnk`, `script`,
   * `text`.
   */
  kind: string;
  bytes: number;
  /** SHA-256 of the decoded bytes, hex; null where the content could not be read. */
  sha256: string | null;
  encrypted: boolean;
  macros: boolean;
  marks: FileMark[];
  /**
   * For a PE: what its largest icon looks like, and how sure (Hamming distance of the perceptual hash,
   * 0..64).
   */
  icon: { looksLike: "folder" | "pdf" | "word" | "excel" | "text" | "image"; distance: number } | null;
  /** Position of the part in the raw message, for stripping; null inside archives. */
  span: { start: number; end: number } | null;
  files: SeenFile[];
  /** Why the content was not (wholly) looked into. */
  unread: Unread | null;
};

/** mailauth's results, reduced to what is judged and shown (RFC 8601 result words). */
export type Authentication = {
  spf: { result: string; domain: string | null };
  dkim: { result: string; domain: string | null; aligned: boolean }[];
  /** `fail` where From is missing, broken or multiple. */
  dmarc: { result: string; policy: string | null; domain: string | null };
  arc: { result: string };
  /** The value of an Authentication-Results header field, without our authserv-id. */
  header: string;
  /** A DNS answer was lost or late, so a result may be `temperror`. */
  dnsIncomplete: boolean;
};

/** What the worker reads out of the bytes. */
export type MailReading = {
  bytes: number;
  sha256: string;
  messageId: string | null;
  date: string | null;
  subject: string;
  from: Mailbox[];
  sender: Mailbox[];
  replyTo: Mailbox[];
  to: Mailbox[];
  inReplyTo: string | null;
  references: string[];
  /** Display text (postal-mime), at most 64 KiB; HTML is turned to text. */
  text: string;
  charset: string | null;
  headers: { name: string; value: string }[];
  links: { shown: string; target: string }[];
  parts: SeenFile[];
  defects: Defect[];
  authentication: Authentication;
  /** CPU milliseconds by step: mime, postalMime, mailauth, archives, content. */
  ms: Record<string, number>;
};

/** All that the judge needs. */
export type SeenMail = {
  at: Temporal.Instant;
  transport: Transport;
  history: History;
  reading: MailReading;
  /** Canary customers: the mail goes to one, or its text names one. */
  canaries?: readonly { where: "recipient" | "content"; sign: string }[];
};
