import type { Said, Severity } from "../../gate.ts";
import type { KeyKind } from "../../incident/correlate.ts";
import type { Tactic } from "../../incident/tactics.ts";
import type { OutsideSource } from "../../incident/room/items.ts";
import type { Audience, FactName } from "../../law/facts.ts";
import type { EntryId } from "../../ledger/entry.ts";
import type { Person } from "../services.ts";

/* ---- incidents, for the pages ---- */

export type IncidentListRow = {
  id: string;
  number: number;
  title: string | null;
  openedAt: string;
  state: "open" | "closed";
  severity: Severity | null;
  /** How far it has come along ATT&CK's tactics. */
  stage: Tactic | null;
  findings: number;
  hosts: string[];
  /** The duty whose time ends next, of those that are due or may be. */
  next: { law: Said; duty: Said; deadline: string } | null;
};

export type IncidentFinding = {
  entry: string;
  gate: string;
  at: string;
  severity: Severity;
  codes: string[];
  techniques: string[];
  keys: { kind: KeyKind; value: string }[];
  /** Why it is in this incident; null for the one that opened it. */
  why: { with: string; key: { kind: KeyKind; value: string } } | null;
  /** Ids by which other pages show it: mail, finding, statement. */
  about: Record<string, string>;
};

export type ClaimView = {
  id: string;
  value: number | boolean | string;
  bound: boolean;
  by: string;
  at: string;
  picked: boolean;
  /** Replaced by another one, or passed over when another was picked. */
  former: boolean;
  source: string | null;
  /** An article or a report of somebody else that says so. */
  outside: OutsideSource | null;
  audience: Audience;
  /** Entries that show it. */
  rests: string[];
};

export type FactView = {
  fact: FactName;
  kind: "number" | "truth" | "moment";
  about: Said;
  claims: ClaimView[];
  /** What stands contradicts itself: somebody has to settle it. */
  contradicts: boolean;
};

export type ClockView = {
  law: string;
  lawName: Said;
  checkedOn: string;
  duty: string;
  name: Said;
  recipient: Said;
  binding: "statute" | "guidance" | "contract" | "order";
  source: string;
  answer: "yes" | "unknown";
  because: Said[];
  /** Facts that would settle whether it is due. */
  open: FactName[];
  claim: string | null;
  startsAt: string | null;
  deadline: string | null;
  lastDay: string | null;
  counted: Said;
  former: { deadline: string | null; lastDay: string | null; toldAt: string }[];
  done: { by: string; at: string } | null;
};

export type IncidentView = IncidentListRow & {
  list: IncidentFinding[];
  facts: FactView[];
  clocks: ClockView[];
};

export type ClaimInput = {
  fact: FactName;
  value: number | boolean | string;
  bound: boolean;
  replaces: string | null;
  source: string;
  outside?: OutsideSource | undefined;
  audience?: Audience;
  restsOn?: EntryId[];
};

export type IncidentService = {
  list(): Promise<IncidentListRow[]>;
  get(id: string): Promise<IncidentView>;
  open(title: string, by: Person): Promise<IncidentView>;
  claim(id: string, claim: ClaimInput, by: Person): Promise<IncidentView>;
  pick(id: string, claim: string, reason: string, by: Person): Promise<IncidentView>;
  part(id: string, finding: string, reason: string, by: Person): Promise<IncidentView>;
  merge(id: string, from: string, reason: string, by: Person): Promise<IncidentView>;
  done(
    id: string,
    duty: { law: string; duty: string; at: string; reason: string },
    by: Person,
  ): Promise<IncidentView>;
};
