import { reasonFor, type JudgedReason } from "../reasons.ts";
import type { SeenMail } from "../seen.ts";

/** Reasons that rest on customers who do not exist. */
export function canaryReasons({ canaries = [] }: Pick<SeenMail, "canaries">): JudgedReason[] {
  return canaries.map(({ where, sign }) =>
    reasonFor(where === "recipient" ? "canary-addressed" : "canary-in-mail", null, { sign }),
  );
}
