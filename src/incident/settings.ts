import { z } from "zod";
import { SEVERITIES } from "../gate.ts";
import { AskSettings } from "./ask/settings.ts";
import { KEY_KINDS } from "./correlate.ts";

/** How findings become incidents. */
export const IncidentSettings = z.strictObject({
  windowHours: z
    .number()
    .min(1)
    .max(8_760)
    .default(240)
    .describe("Findings further apart than this are two matters, whatever they have in common."),
  opensFrom: z
    .enum(SEVERITIES)
    .default("high")
    .describe("From this severity on a finding opens an incident; slighter ones join one."),
  opensAt: z
    .array(z.enum(["mail", "outbound", "records"]))
    .default(["outbound", "records"])
    .describe("Gates whose findings open incidents; mail that was stopped at the door joins one."),
  shared: z
    .array(
      z.strictObject({
        kind: z.enum(KEY_KINDS).describe("What it is."),
        value: z.string().min(1).max(256).describe("As it stands in findings: an address, a name."),
      }),
    )
    .max(10_000)
    .default([])
    .describe("What everybody shares, so that it connects nothing: a proxy, a resolver, a service account."),
  questions: z
    .strictObject({
      leakHours: z
        .number()
        .min(0.0001)
        .max(240)
        .default(4)
        .describe("Without an answer in this time data are taken to have leaked."),
      directorsHours: z
        .number()
        .min(0.0001)
        .max(240)
        .default(12)
        .describe("Without an answer in this time the directors are told."),
      directors: z.array(z.email()).max(20).default([]).describe("Addresses of those who are told then."),
    })
    .prefault({})
    .describe("What every incident asks, and what silence means."),
  ask: AskSettings.prefault({}).describe("How people are asked, and who when nobody answers."),
  contracts: z
    .array(
      z.strictObject({
        partner: z
          .string()
          .trim()
          .min(1)
          .max(48)
          .describe("The partner as the customer table names it, and so the scope's counts."),
        name: z
          .strictObject({
            ja: z.string().min(1).max(200).describe("In Japanese."),
            en: z.string().min(1).max(200).describe("In English."),
          })
          .describe("As it stands on pages and in letters."),
        timeZone: z.string().default("Asia/Tokyo").describe("Zone in which its days are counted."),
        within: z
          .union([
            z.strictObject({ hours: z.number().min(1).max(8_760).describe("So many hours.") }),
            z.strictObject({
              days: z.int().min(1).max(365).describe("So many days, the next one being the first."),
              counted: z
                .enum(["none", "weekends", "japan-government", "japan-business"])
                .default("japan-business")
                .describe("Days that do not count."),
            }),
          ])
          .describe("How soon it must be told: `hours`, or `days` and which of them count."),
        version: z.iso.date().describe("Date of the contract, or of its last change."),
        clause: z.string().min(1).max(400).describe("Where it says so."),
      }),
    )
    .max(200)
    .default([])
    .describe("What contracts say of telling partners: each is a clock beside those of the laws."),
  timeStamp: z
    .strictObject({
      url: z.url({ protocol: /^https?$/ }).describe("Time-stamping authority (RFC 3161)."),
      trustedFile: z
        .string()
        .optional()
        .describe("PEM certificates to which its own must lead; without it only the signature is checked."),
    })
    .optional()
    .describe("Has evidence time-stamped as it is registered."),
});
export type IncidentSettings = z.infer<typeof IncidentSettings>;
