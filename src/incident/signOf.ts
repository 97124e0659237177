import { z } from "zod";
import { SEVERITIES } from "../gate.ts";
import type { Entry } from "../ledger/entry.ts";
import type { Key, KeyKind, Sign } from "./correlate.ts";

const Reason = z.object({
  code: z.string(),
  technique: z.string().nullable(),
  severity: z.enum(SEVERITIES),
});
const Judged = z.object({
  reasons: z.array(Reason).min(1),
});

/** What an entry is about, as what findings can have in common. An address is a host at whatever gate. */
const kindOfAbout: Readonly<Record<string, KeyKind>> = {
  mail: "mail",
  hostAddress: "host",
  client: "host",
  destination: "destination",
  account: "account",
  person: "account",
  sha256: "file",
};

/** A stranger's first mail is nothing that has happened: from this severity on it counts. */
const leastRank = SEVERITIES.indexOf("medium");

/** A sign, with what a page shows of it. */
export type ToldSign = Sign & { codes: readonly string[]; about: Readonly<Record<string, string>> };

/** A gate's judgement as a sign for the incident room; null for what is not one. */
export function signOf(entry: Entry): ToldSign | null {
  if (entry.kind !== "judged" || !entry.code.endsWith("-judged")) return null;
  const judged = Judged.safeParse(entry.data);
  if (!judged.success) return null;
  const { reasons } = judged.data;
  const rank = Math.max(...reasons.map(({ severity }) => SEVERITIES.indexOf(severity)));
  if (rank < leastRank) return null;
  const keys: Key[] = Object.entries(entry.about).flatMap(([name, value]) => {
    const kind = kindOfAbout[name];
    return kind === undefined || value === "" || isLoopback(value) ? [] : [{ kind, value }];
  });
  return {
    entry: entry.id,
    gate: entry.about["gate"] ?? entry.by,
    at: entry.at,
    severity: SEVERITIES[rank] as Sign["severity"],
    keys,
    codes: reasons.map(({ code }) => code),
    about: entry.about,
    techniques: [...new Set(reasons.flatMap(({ technique }) => (technique === null ? [] : [technique])))],
  };
}

/** Every machine is that one to itself: it says nothing of which. */
function isLoopback(value: string): boolean {
  return value === "::1" || /^(::ffff:)?127\.\d+\.\d+\.\d+$/.test(value);
}
