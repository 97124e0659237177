import { z } from "zod";

const MailAddress = z.string().regex(/^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9.-]{1,253}$/, {
  error: "not a mail address in ASCII",
});
const ClockTime = z.string().regex(/^([01]\d|2[0-4]):[0-5]\d$/, { error: "not a time such as 09:00" });
const Selector = z.string().regex(/^[a-z0-9][a-z0-9.-]{0,62}$/i, { error: "not a DKIM selector" });

const Relay = z.strictObject({
  host: z.string().min(1).max(253).describe("Name or address of the relay."),
  port: z.int().min(1).max(65_535).default(587).describe("Its port."),
  tls: z
    .enum(["implicit", "required", "offered", "none"])
    .default("required")
    .describe("TLS from the first byte, by STARTTLS or not at all, by STARTTLS where offered, or never."),
  verify: z.boolean().default(true).describe("Whether its certificate must fit its name."),
  user: z.string().max(255).optional().describe("User name, where the relay asks for one."),
  passwordFile: z.string().optional().describe("File that holds the password, and nothing else."),
});

const Rates = z.strictObject({
  perSecond: z.number().positive().max(100_000).default(500).describe("Mails a second in all."),
  domainPerSecond: z
    .number()
    .positive()
    .max(100_000)
    .default(50)
    .describe("Mails a second to one domain of recipients."),
  domains: z
    .record(z.string(), z.number().positive().max(100_000))
    .default({})
    .describe("Other rates for single domains."),
});

/** How notices to affected persons are sent. */
export const NoticeSettings = z.strictObject({
  senders: z
    .array(
      z.strictObject({
        address: MailAddress.describe("A mail address that readers are told is genuine."),
        name: z.string().min(1).max(100).describe("Name that stands before it."),
      }),
    )
    .min(1)
    .max(4)
    .describe("Addresses that every text must name; the first one sends."),
  bounceDomain: z
    .string()
    .regex(/^[A-Za-z0-9.-]{1,253}$/)
    .describe("Domain of the return addresses (bounce+…@here); its MX must lead to you."),
  helloName: z.string().max(253).optional().describe("Name in EHLO; else this machine's own."),
  texts: z.string().default("notices").describe("Folder of the texts; relative to this file."),
  dkim: z
    .strictObject({
      domain: z.string().describe("Signing domain: that of the sender, so that DMARC aligns."),
      selector: Selector.default("notice").describe("Selector of the RSA key."),
      ed25519Selector: Selector.optional().describe("Signs a second time with Ed25519 (RFC 8463)."),
    })
    .describe("Keys are made in the data folder; sekisho notice dns prints the records to publish."),
  route: z
    .enum(["relays", "mx"])
    .default("relays")
    .describe("Over relays of yours, or straight to the recipients' servers."),
  relays: z.array(Relay).max(20).default([]).describe("Relays; mails are spread over all of them."),
  connections: z
    .int()
    .min(1)
    .max(200)
    .default(8)
    .describe("Connections at once to one relay or domain of recipients."),
  mailsPerConnection: z.int().min(1).max(100_000).default(500).describe("Mails before a new connection."),
  answerSeconds: z
    .number()
    .min(0.1)
    .max(3_600)
    .default(600)
    .describe("How long an answer to a mail is waited for; then it is in doubt (RFC 5321 4.5.3.2.6)."),
  commandSeconds: z
    .number()
    .min(0.1)
    .max(3_600)
    .default(300)
    .describe("How long an answer to a command is waited for."),
  rates: Rates.prefault({}).describe("Upper bounds; they are lowered while a domain answers 4xx."),
  retry: z
    .strictObject({
      attemptsMax: z.int().min(1).max(50).default(8).describe("Tries at one address."),
      firstMinutes: z.number().min(0).max(1_440).default(10).describe("Wait before the second; then double."),
      softBounceHours: z
        .number()
        .min(0)
        .max(720)
        .default(24)
        .describe("Wait before the second try where a mailbox was full."),
    })
    .prefault({})
    .describe("What happens after a refusal that may pass."),
  window: z
    .strictObject({
      from: ClockTime.describe("First minute."),
      until: ClockTime.describe("End; 24:00 is midnight."),
    })
    .optional()
    .describe("Hours of the day, in timeZone, in which mails go out; without it, always."),
  seeds: z
    .array(MailAddress)
    .max(20)
    .default([])
    .describe("Own mailboxes that get a sample at the start, in the middle and at the end."),
  imap: z
    .strictObject({
      host: z.string().describe("Server of the mailbox to which return addresses lead."),
      port: z.int().min(1).max(65_535).default(993).describe("Its port."),
      tls: z.boolean().default(true).describe("TLS from the first byte."),
      verify: z.boolean().default(true).describe("Whether its certificate must fit its name."),
      user: z.string().describe("User name."),
      passwordFile: z.string().describe("File that holds the password, and nothing else."),
      folder: z.string().default("INBOX").describe("Folder to read."),
    })
    .optional()
    .describe("Where bounces are read by IMAP."),
});
export type NoticeSettings = z.infer<typeof NoticeSettings>;
