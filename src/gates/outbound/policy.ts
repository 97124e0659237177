import { z } from "zod";
import { SEVERITIES } from "../../gate.ts";
import { FINDING_CODES } from "./findings.ts";

const FindingCode = z.enum(FINDING_CODES);

/** A decision taken beforehand by a named person, which the gate carries out at once. */
export const OutboundOrder = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z][a-z0-9-]{1,63}$/)
    .describe("Name of the order; it stands in the ledger beside every act that it caused."),
  decidedBy: z.string().min(1).max(200).describe("The person who took this decision."),
  because: z.string().min(1).max(500).describe("Why it was taken, for whoever has to answer for it later."),
  anyOf: z.array(FindingCode).min(1).describe("One of these findings starts it."),
  roles: z.array(z.string()).default([]).describe("Only for hosts of these roles; empty is every host."),
  severityMin: z.enum(SEVERITIES).default("info").describe("Only for findings at least as severe."),
  do: z
    .enum(["block", "isolate", "ask", "watch"])
    .describe("Block the destination, isolate the host, ask the deciders of the cut-off, or only watch."),
  minutes: z
    .int()
    .min(1)
    .max(60 * 24 * 30)
    .optional()
    .describe("When the act ends, if nobody renews it."),
});
export type OutboundOrder = z.infer<typeof OutboundOrder>;

export const Suppression = z.strictObject({
  name: z.string().min(1).max(64).describe("Name, as it stands beside what it hides."),
  because: z.string().min(1).max(500).describe("Why these findings need nobody's eyes."),
  decidedBy: z.string().min(1).max(200).describe("Who says so."),
  until: z.iso.date().describe("The last day on which it holds: everything is looked at again some day."),
  codes: z.array(FindingCode).default([]).describe("Only these findings; empty is all."),
  src: z
    .array(z.string().max(64))
    .default([])
    .describe("Only these hosts: address, network or name of the inventory."),
  dst: z
    .array(z.string().max(300))
    .default([])
    .describe("Only these destinations: address, network, name or *.name."),
});
export type Suppression = z.infer<typeof Suppression>;

export const defaultOutboundOrders: OutboundOrder[] = [
  {
    name: "silent-personal-data-server",
    decidedBy: "the default of Sekisho",
    because:
      "In 2016 servers that never spoke outwards did so for six days, and nobody was named to stop them.",
    anyOf: ["silent-server-speaks", "not-on-its-list"],
    roles: ["personal-data-server"],
    severityMin: "info",
    do: "isolate",
  },
  {
    name: "known-evil",
    decidedBy: "the default of Sekisho",
    because: "Nobody has business with an address on an intelligence list.",
    anyOf: ["intelligence-hit"],
    roles: [],
    severityMin: "high",
    do: "block",
  },
  {
    name: "server-on-its-own",
    decidedBy: "the default of Sekisho",
    because:
      "A server that begins to speak outwards may be under somebody else's command: the deciders are asked.",
    anyOf: ["silent-server-speaks", "not-on-its-list"],
    roles: ["server"],
    severityMin: "info",
    do: "ask",
  },
];

/** What a site decides about outbound traffic: not how findings are made, only what is done about them. */
export const OutboundPolicy = z.strictObject({
  shadow: z.boolean().default(false).describe("Record and judge everything and cut nothing."),
  orders: z
    .array(OutboundOrder)
    .default(defaultOutboundOrders)
    .describe("Standing orders; the first that matches a finding is carried out."),
  suppressions: z.array(Suppression).default([]).describe("Findings that need nobody's eyes, until a day."),
  beaconScoreMin: z
    .number()
    .min(0)
    .max(1)
    .default(0.8)
    .describe("Least own score of a pair that is a finding."),
  longHours: z
    .number()
    .min(0.1)
    .max(24 * 30)
    .default(8)
    .describe("A connection of so many hours is a finding."),
  strobePerDay: z
    .int()
    .min(100)
    .default(86_400)
    .describe("So many connections of one pair in a day are a finding."),
  tunnelNames: z
    .int()
    .min(10)
    .default(500)
    .describe("So many names below one registered domain are a finding."),
  uploadBytesMin: z
    .int()
    .min(1_000_000)
    .default(50_000_000)
    .describe("Uploads below so many bytes a day to one destination are never a finding by volume."),
  uploadTimesUsual: z
    .number()
    .min(1.5)
    .default(4)
    .describe("How many times its own usual day a host may send before it is a finding."),
  fleetRareMax: z
    .number()
    .min(0)
    .max(1)
    .default(0.02)
    .describe("A destination that at most this share of hosts talk to is rare."),
});
export type OutboundPolicy = z.infer<typeof OutboundPolicy>;
