import type { SeenFile } from "../../gates/mail/seen.ts";
import type { HeldMailRow, HeldMailView, LedgerRow } from "../services.ts";

type Example = {
  domain: string;
  sender: string;
  reasons: [string, string | null, string][];
  person: boolean;
};

const EXAMPLES: Example[] = [
  {
    domain: "ana-g.example",
    sender: "t***@ana-g.example",
    reasons: [
      ["executable-in-archive", "T1027.015", "high"],
      ["document-icon", "T1036.008", "critical"],
      ["first-contact", null, "low"],
    ],
    person: true,
  },
  {
    domain: "hotel.example",
    sender: "i***@hotel.example",
    reasons: [
      ["encrypted-archive", "T1027.013", "medium"],
      ["password-in-text", "T1027.013", "medium"],
    ],
    person: false,
  },
  {
    domain: "examp1e.example",
    sender: "b***@examp1e.example",
    reasons: [
      ["look-alike-domain", "T1583.001", "high"],
      ["dmarc-fail", "T1566", "medium"],
    ],
    person: false,
  },
  {
    domain: "supplier.example",
    sender: "s***@supplier.example",
    reasons: [["macro-container", "T1204.002", "medium"]],
    person: false,
  },
];

/** The held mail with this number; the first is the one of 2016. */
export function testMailRow(index: number, now: Date): HeldMailRow {
  const example = EXAMPLES[index % EXAMPLES.length] ?? EXAMPLES[0]!;
  const waiting = index % 7 !== 5;
  const receivedAt = new Date(now.getTime() - (index * 11 + 3) * 60_000);
  return {
    mail: `m${String(index).padStart(6, "0")}`,
    receivedAt: receivedAt.toISOString(),
    state: waiting ? "held" : "released",
    senderMasked: example.sender,
    senderDomain: example.domain,
    recipientsMasked: ["r***@example.com"],
    bytes: 48_000 + ((index * 7919) % 900_000),
    attachments: 1 + (index % 2),
    reasons: example.reasons.map(([code, technique, severity]) => ({ code, technique, severity })),
    order: "hold programs",
    secondPerson: example.person,
    decisionId: waiting ? `d${String(index).padStart(6, "0")}` : null,
    deadline: waiting ? new Date(now.getTime() + (90 + (index % 50) * 37) * 60_000).toISOString() : null,
    defaultOption: waiting ? "refuse" : null,
  };
}

const TEXT = `お世話になっております。

航空券控えを添付にてお送りいたします。
ご確認のほど、よろしくお願い申し上げます。

<script>alert("text is text")</script>
`;

/** Everything about a held mail, as the mail of 2016 would look. */
export function testMailView(row: HeldMailRow, chain: LedgerRow[]): HeldMailView {
  return {
    ...row,
    transport: {
      clientAddress: "203.0.113.9",
      clientName: null,
      helo: "rental-server.example",
      mailFrom: "tanaka@ana-g.example",
      rcptTo: ["reservation@example.com"],
      direction: "inbound",
    },
    subject: "航空券控え 添付のご連絡",
    from: [{ name: "田中", address: "tanaka@ana-g.example", domain: "ana-g.example" }],
    to: [{ name: "", address: "reservation@example.com", domain: "example.com" }],
    replyTo: [],
    date: row.receivedAt,
    messageId: "<20160315@ana-g.example>",
    text: TEXT,
    headers: [
      { name: "Received", value: "from rental-server.example ([203.0.113.9]) by mx.example.com" },
      { name: "From", value: "=?ISO-2022-JP?B?GyRCRURDZhsoQg==?= <tanaka@ana-g.example>" },
      { name: "Subject", value: "=?ISO-2022-JP?B?GyRCOVI2dTd0OTUbKEI=?=" },
    ],
    links: [{ shown: "https://www.ana.example/", target: "http://203.0.113.9/e" }],
    parts: [textPart(), archivePart()],
    defects: [],
    authentication: {
      spf: { result: "softfail", domain: "ana-g.example" },
      dkim: [],
      dmarc: { result: "fail", policy: "none", domain: "ana-g.example" },
      arc: { result: "none" },
      header: "spf=softfail; dmarc=fail",
      dnsIncomplete: false,
    },
    because: row.reasons.map(({ code, technique }, index) => ({
      code,
      technique,
      severity: index === 0 ? "high" : "medium",
      because: {
        en: `"E-TKT控え.exe" inside "E-TKT控え.zip" is a program (${code}).`,
        ja: `「E-TKT控え.zip」の中の「E-TKT控え.exe」はプログラムです（${code}）。`,
      },
      part: index === 0 ? "2/1" : null,
    })),
    chain: chain.map(({ index, entry: { id, kind, code, at, by } }) => ({ id, index, kind, code, at, by })),
    evidence: "ab".repeat(32),
    sha256: "cd".repeat(32),
  };
}

function textPart(): SeenFile {
  return { ...emptyPart, path: "1", declaredType: "text/plain", kind: "text", bytes: 412 };
}

function archivePart(): SeenFile {
  const program: SeenFile = {
    ...emptyPart,
    path: "2/1",
    names: [{ value: "E-TKT控え.exe", from: "zip-central", charset: "shift_jis" }],
    kind: "pe",
    bytes: 66_048,
    icon: { looksLike: "folder", distance: 3 },
  };
  return {
    ...emptyPart,
    path: "2",
    names: [{ value: "E-TKT控え.zip", from: "filename*", charset: "utf-8" }],
    declaredType: "application/zip",
    disposition: "attachment",
    kind: "zip",
    bytes: 48_211,
    files: [program],
  };
}

const emptyPart: SeenFile = {
  path: "",
  names: [],
  declaredType: null,
  disposition: null,
  kind: "text",
  bytes: 0,
  sha256: "ef".repeat(32),
  encrypted: false,
  macros: false,
  icon: null,
  span: null,
  files: [],
  unread: null,
} as unknown as SeenFile;
