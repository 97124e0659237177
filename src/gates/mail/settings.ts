import { z } from "zod";
import { MailPolicy } from "./policy.ts";

const Port = z.int().min(0).max(65_535);
const Network = z.union([z.cidrv4(), z.cidrv6(), z.ipv4(), z.ipv6()]);
const HostAddress = z.union([z.ipv4(), z.ipv6()]);
export const HeldDefault = z.enum(["refuse", "release"]);

export const NextHop = z.strictObject({
  host: z.string().min(1).max(253).describe("Host name or address of the mail server behind the gate."),
  port: Port.default(25).describe("Its port."),
  tls: z
    .enum(["never", "opportunistic", "required", "verified"])
    .default("opportunistic")
    .describe("Whether STARTTLS is used: if offered, always, or always with a certificate that verifies."),
});
export type NextHop = z.infer<typeof NextHop>;

const Listener = z.strictObject({
  host: z.string().default("127.0.0.1").describe("Address to listen on."),
  port: Port.describe("Port to listen on; 0 takes a free one."),
});

/** The part of `sekisho.yaml` that belongs to the mail gate. */
export const MailSettings = z.strictObject({
  hostname: z
    .hostname()
    .default("sekisho.invalid")
    .describe("The gate's own name, in its greeting and header fields."),
  inbound: Listener.extend({
    domains: z
      .array(z.hostname())
      .min(1)
      .describe(
        "Domains whose mail comes in here; mail for any other is refused, so that the gate is no open relay.",
      ),
    nextHop: NextHop.describe("Where mail goes that passes."),
    xclientFrom: z
      .array(HostAddress)
      .default([])
      .describe("Front hosts that may name the true client: by XFORWARD (Postfix), or XCLIENT (nginx)."),
    proxyFrom: z
      .array(HostAddress)
      .default([])
      .describe("Front hosts that start each connection with a PROXY protocol line (HAProxy)."),
  }).describe("The way in."),
  outbound: Listener.extend({
    from: z.array(Network).min(1).describe("Own mail servers that may send through here."),
    nextHop: NextHop.describe("Where the organisation's outgoing mail goes."),
  })
    .optional()
    .describe("The way out, recorded so that later bounces can be tied to what was sent."),
  tls: z
    .strictObject({
      certificateFile: z.string().describe("PEM file with the certificate chain."),
      keyFile: z.string().describe("PEM file with the private key."),
    })
    .optional()
    .describe("Certificate for STARTTLS; without it the gate offers none, and the front host has to."),
  limits: z
    .strictObject({
      messageBytesMax: z
        .int()
        .min(65_536)
        .max(256 * 1024 ** 2)
        .default(50 * 1024 ** 2)
        .describe("SIZE, in bytes."),
      recipientsMax: z.int().min(1).max(10_000).default(200).describe("Recipients of one message."),
      connectionsMax: z.int().min(1).max(10_000).default(200).describe("Connections at one time."),
      connectionsPerClientMax: z
        .int()
        .min(1)
        .max(10_000)
        .default(50)
        .describe("Connections at one time from one client."),
      messagesPerClientPerMinute: z
        .int()
        .min(1)
        .max(1_000_000)
        .default(600)
        .describe("Messages a minute from one client."),
      bytesInFlightMax: z
        .int()
        .min(1024 ** 2)
        .default(512 * 1024 ** 2)
        .describe("Message bytes in memory at one time."),
      idleSeconds: z
        .int()
        .min(5)
        .max(3_600)
        .default(300)
        .describe("RFC 5321 4.5.3.2: how long a silent client is kept."),
      transactionSeconds: z
        .int()
        .min(1)
        .max(86_400)
        .default(1_800)
        .describe("How long a client is kept that brings no message to its end, silent or not."),
    })
    .prefault({})
    .describe("Bounds of the SMTP side."),
  reader: z
    .strictObject({
      workers: z.int().min(1).max(64).default(2).describe("Worker processes that parse hostile bytes."),
      secondsMax: z
        .number()
        .min(1)
        .max(120)
        .default(20)
        .describe("Time for one message; then onFailure applies."),
      memoryBytesMax: z
        .int()
        .min(128 * 1024 ** 2)
        .default(768 * 1024 ** 2)
        .describe("Resident memory of one worker."),
    })
    .prefault({})
    .describe("The worker processes."),
  dns: z
    .strictObject({
      enabled: z.boolean().default(true).describe("Ask DNS for SPF, DKIM, DMARC and ARC."),
      servers: z
        .array(z.string())
        .default([])
        .describe("Resolvers as address or address:port; empty takes the system's."),
      answerMsMax: z.int().min(50).max(10_000).default(1_000).describe("Time for one answer."),
      messageMsMax: z
        .int()
        .min(100)
        .max(20_000)
        .default(2_500)
        .describe("Time for all answers about one message."),
    })
    .prefault({})
    .describe(
      "Name service for authentication results, bounded so that a lost answer never stalls a session.",
    ),
  held: z
    .strictObject({
      deadlineHours: z
        .number()
        .min(0.01)
        .max(24 * 60)
        .default(72)
        .describe("When an unanswered question falls to its default."),
      default: HeldDefault.default("refuse").describe("What happens to a held mail when nobody answers."),
      ownerRole: z.enum(["analyst", "approver"]).default("approver").describe("Who answers for held mail."),
    })
    .prefault({})
    .describe("Held mail."),
  policy: MailPolicy.prefault({}),
});
export type MailSettings = z.infer<typeof MailSettings>;
