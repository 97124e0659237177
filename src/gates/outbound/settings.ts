import { z } from "zod";
import { OutboundPolicy } from "./policy.ts";

const Network = z.union([z.cidrv4(), z.cidrv6(), z.ipv4(), z.ipv6()]);
const Port = z.int().min(1).max(65_535);
const Name = z.string().min(1).max(64);

export const ROLES_OF_HOSTS = [
  "personal-data-server",
  "server",
  "operator-pc",
  "pc",
  "proxy",
  "mail-gate",
  "resolver",
  "printer",
  "other",
] as const;
export type HostRole = (typeof ROLES_OF_HOSTS)[number];

/** "10.0.0.0/8", "203.0.113.7:443", "update.example", "*.update.example:443". */
export const Destination = z
  .string()
  .regex(/^(\*\.)?[0-9a-zA-Z.:[\]/_-]+$/)
  .max(300);

export const HostSettings = z.strictObject({
  name: Name.describe("Name under which the host stands on the pages and in the ledger."),
  addresses: z.array(Network).min(1).describe("Its addresses or networks."),
  role: z.enum(ROLES_OF_HOSTS).describe("What it is; servers have a written list of who they may talk to."),
  speaksTo: z
    .array(Destination)
    .default([])
    .describe(
      "Destinations outside that it may talk to: address, network, name or *.name, :port if wanted. " +
        "For servers all else is a finding at the first packet.",
    ),
});
export type HostSettings = z.infer<typeof HostSettings>;

const PassageSettings = z.strictObject({
  name: Name.describe("What it is, as it stands on the cut-off card."),
  from: z.array(Network).default([]).describe("From these networks; empty is from anywhere."),
  to: z.array(Network).default([]).describe("To these networks; empty is to anywhere."),
  protocol: z.enum(["tcp", "udp", "any"]).default("any").describe("Protocol."),
  ports: z.array(Port).default([]).describe("Ports; empty is all."),
});

const CutSettings = z.strictObject({
  socket: z
    .string()
    .optional()
    .describe("Socket of an enforcer that runs on its own; else the gate starts one."),
  networkNamespace: z
    .string()
    .regex(/^[\w.-]{1,64}$/)
    .optional()
    .describe("Network namespace in which the gate starts the enforcer (drills, the replay)."),
  hooks: z
    .array(z.enum(["forward", "output", "input"]))
    .min(1)
    .default(["forward", "output"])
    .describe(
      "Where nftables stops packets: forward on a gateway; on a proxy host input and output too, so that " +
        "what a host has already handed to the proxy stops as well.",
    ),
  administrators: z
    .array(PassageSettings)
    .default([])
    .describe("How the administrators reach the machines: no act stops these."),
  goesOn: z
    .array(PassageSettings)
    .default([])
    .describe("What goes on under a full cut-off: mail gate, payment, telephony."),
  zones: z
    .array(
      z.strictObject({
        name: Name.describe("Name of the zone."),
        networks: z.array(Network).min(1).describe("Its networks."),
      }),
    )
    .default([])
    .describe("Groups of hosts that can be cut off together."),
  minutes: z
    .int()
    .min(1)
    .max(60 * 24 * 30)
    .default(240)
    .describe("When an act ends, if nobody renews it."),
  intelligence: z
    .boolean()
    .default(false)
    .describe("Stop packets to the addresses of the intelligence lists at once."),
  squid: z
    .strictObject({ listFile: z.string().describe("File that the external ACL helper reads.") })
    .optional()
    .describe("Squid on this host: new requests to blocked destinations are refused."),
  unbound: z
    .strictObject({
      zoneFile: z.string().describe("File of the emergency response policy zone."),
      zone: z.string().default("sekisho-emergency").describe("Its name in unbound.conf."),
      configFile: z.string().optional().describe("unbound.conf for unbound-control; else the system's."),
    })
    .optional()
    .describe("unbound on this host: blocked names are NXDOMAIN."),
  dnsmasq: z
    .strictObject({
      serversFile: z.string().describe("The servers-file of dnsmasq."),
      pidFile: z.string().describe("Its process id, for SIGHUP."),
    })
    .optional()
    .describe("dnsmasq on this host: blocked names are NXDOMAIN."),
});

const CardText = z.strictObject({
  en: z.string().min(1).max(300).describe("In English."),
  ja: z.string().min(1).max(300).describe("In Japanese."),
});

const CutOffSettings = z.strictObject({
  deciders: z
    .array(z.email())
    .default([])
    .describe("Who decides a full cut-off, in this order; each stands in the roster."),
  deadlineMinutes: z
    .number()
    .min(0.05)
    .max(24 * 60)
    .default(15)
    .describe("When silence falls to the default."),
  default: z.enum(["cut-off", "wait"]).default("cut-off").describe("What happens when nobody answers."),
  costPerHour: z
    .strictObject({
      amount: z.number().nonnegative().describe("What a full cut-off costs the business per hour."),
      currency: z.string().length(3).default("JPY").describe("ISO 4217."),
    })
    .optional()
    .describe("The price of a full cut-off, so that the decision is taken knowing it."),
  stops: z.array(CardText).default([]).describe("What stops, for the cut-off card."),
  continues: z.array(CardText).default([]).describe("What goes on, for the cut-off card."),
});

/** The part of `sekisho.yaml` that belongs to the outbound gate. */
export const OutboundSettings = z.strictObject({
  internal: z
    .array(Network)
    .default(["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7", "100.64.0.0/10"])
    .describe("Our own networks; all else is outside."),
  sources: z
    .strictObject({
      conntrack: z
        .boolean()
        .default(false)
        .describe("Read connection tracking of this Linux gateway: every connection, no sensor needed."),
      zeek: z.array(z.string()).default([]).describe("Folders where Zeek writes its logs (TSV or JSON)."),
      squid: z
        .array(z.string())
        .default([])
        .describe("access.log files in the logformat of docs/outbound-gate.md."),
      unbound: z
        .array(z.string())
        .default([])
        .describe("Log files of unbound with log-queries and log-replies."),
      dnsmasq: z.array(z.string()).default([]).describe("Log files of dnsmasq with log-queries=extra."),
    })
    .prefault({})
    .describe("Where connections are read from."),
  record: z
    .strictObject({
      retentionDays: z.int().min(1).max(3_650).default(365).describe("How long every connection is kept."),
      flushSeconds: z
        .number()
        .min(0.5)
        .max(600)
        .default(20)
        .describe("How long a connection may wait before it is on disk."),
      silenceMinutes: z
        .number()
        .min(0.1)
        .max(24 * 60)
        .default(10)
        .describe("A source that says nothing for so long is a gap in the record, and a finding."),
    })
    .prefault({})
    .describe("The record of connections: Parquet files by hour."),
  hosts: z.array(HostSettings).default([]).describe("The inventory: what each host is and may talk to."),
  intel: z
    .array(z.string())
    .default([])
    .describe(
      "Indicator files: one address, network or name a line (Maltrail, RITA), or CSV with a column of them.",
    ),
  asnFiles: z
    .array(z.string())
    .default([])
    .describe("Tables of networks (FROM,TO,NUMBER,NAME a line, as @ip-location-db/asn), for new networks."),
  analysisMinutes: z
    .number()
    .min(0.1)
    .max(24 * 60)
    .default(10)
    .describe("How often the last day is analysed."),
  policy: OutboundPolicy.prefault({}),
  cut: CutSettings.optional().describe(
    "How traffic is cut; without this section the gate only records and judges.",
  ),
  cutOff: CutOffSettings.prefault({}).describe("The full cut-off: who decides, until when, what it costs."),
});
export type OutboundSettings = z.infer<typeof OutboundSettings>;
