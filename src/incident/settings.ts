import { z } from "zod";
import { SEVERITIES } from "../gate.ts";
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
});
export type IncidentSettings = z.infer<typeof IncidentSettings>;
