/**
 * MITRE ATT&CK Enterprise tactics in the order of an intrusion, and the tactic that each technique of our
 * findings stands for. A technique of several tactics stands with the furthest that the finding shows.
 */
export const TACTICS = [
  "reconnaissance",
  "resource-development",
  "initial-access",
  "execution",
  "persistence",
  "privilege-escalation",
  "defense-evasion",
  "credential-access",
  "discovery",
  "lateral-movement",
  "collection",
  "command-and-control",
  "exfiltration",
  "impact",
] as const;
export type Tactic = (typeof TACTICS)[number];

const tacticOf: Readonly<Record<string, Tactic>> = {
  T1027: "defense-evasion",
  T1030: "exfiltration",
  T1036: "defense-evasion",
  T1048: "exfiltration",
  T1056: "credential-access",
  T1059: "execution",
  T1071: "command-and-control",
  T1074: "collection",
  T1078: "initial-access",
  T1187: "credential-access",
  T1204: "execution",
  T1213: "collection",
  T1221: "defense-evasion",
  T1499: "impact",
  T1553: "defense-evasion",
  T1559: "execution",
  T1562: "defense-evasion",
  T1566: "initial-access",
  T1574: "persistence",
  T1583: "resource-development",
  T1589: "reconnaissance",
  T1656: "initial-access",
  T1672: "defense-evasion",
};

/** The tactic of a technique, its sub-technique or not; null for one that no finding of ours names. */
export function tacticOfTechnique(technique: string): Tactic | null {
  return tacticOf[technique.split(".")[0] ?? ""] ?? null;
}

/** How far an intrusion has come by its techniques; null where none tells. */
export function stageOf(techniques: readonly string[]): Tactic | null {
  const places = techniques.map((technique) => {
    const tactic = tacticOfTechnique(technique);
    return tactic === null ? -1 : TACTICS.indexOf(tactic);
  });
  return TACTICS[Math.max(-1, ...places)] ?? null;
}
