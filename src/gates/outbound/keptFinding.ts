import { z } from "zod";
import { SEVERITIES } from "../../gate.ts";
import { FINDING_CODES } from "./findings.ts";

const Said = z.object({ en: z.string(), ja: z.string() });

/** What the evidence store keeps of a finding: the sentences and figures, which may hold personal data. */
export const KeptFinding = z.object({
  findings: z.array(
    z.object({
      code: z.enum(FINDING_CODES),
      technique: z.string().nullable(),
      severity: z.enum(SEVERITIES),
      src: z.string(),
      dst: z.string(),
      group: z.string(),
      because: z.array(Said),
      figures: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])),
      hiddenBy: z.string().nullable(),
    }),
  ),
});
export type KeptFinding = z.infer<typeof KeptFinding>;
