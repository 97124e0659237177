import type { Said, Severity } from "../../gate.ts";
import type { AskedByHand } from "../../incident/questions.ts";
import type {
  HYPOTHESIS_STATES,
  OutsideSource,
  RoomData,
  RoomKind,
  RoomRole,
  RoomText,
  TASK_STATES,
} from "../../incident/room/items.ts";
import type { Person } from "../services.ts";

/* ---- what people note in the incident room, for the pages ---- */

type Noted = { id: string; by: string; at: string };
export type RoomEvent = Noted & {
  happenedAt: string;
  knownAt: string;
  what: string;
  knownTo: string;
  source: OutsideSource | null;
};
export type RoomEvidence = Noted & {
  name: string;
  sha256: string;
  bytes: number;
  kept: boolean;
  collectedAt: string;
  where: string;
  how: string;
  collectedBy: string;
  custody: (Noted & { handedAt: string; who: string; what: string; where: string; how: string })[];
  /** Moments that a time-stamping authority attests (RFC 3161). */
  stamps: string[];
};
export type RoomTask = Noted & {
  title: Said;
  note: string | null;
  state: (typeof TASK_STATES)[number];
  role: RoomRole | null;
  due: string | null;
  person: { id: string; name: string } | null;
  playbook: Said | null;
  changes: { at: string; by: string; reason: string | null }[];
};
export type RoomHypothesis = Noted & {
  what: string;
  state: (typeof HYPOTHESIS_STATES)[number];
  changes: { at: string; by: string; reason: string | null }[];
};
export type RoomDecision = {
  id: string;
  question: Said;
  state: string;
  askedAt: string;
  deadline: string;
  /** What happens, or has happened: the option's label. */
  outcome: Said | null;
  onSilence: Said;
  told: { step: number; way: string; reached: string[]; at: string }[];
  taken: { by: string; at: string; comment: string | null } | null;
  dissents: { by: string; at: string; reason: string | null }[];
};

export type RoomView = {
  severity: { severity: Severity; by: string; at: string; why: string } | null;
  roles: (Noted & { role: RoomRole; person: string; why: string })[];
  events: RoomEvent[];
  evidence: RoomEvidence[];
  tasks: RoomTask[];
  hypotheses: RoomHypothesis[];
  decisions: RoomDecision[];
  playbooks: { id: string; name: Said; steps: number; followed: number }[];
  /** Who can be given a role or a task. */
  persons: { id: string; name: string }[];
};

export const TIMELINE_KINDS = ["finding", "event", "claim", "decision", "duty", "evidence", "task"] as const;
export type TimelineLine = {
  /** The entry behind it. */
  entry: string;
  kind: (typeof TIMELINE_KINDS)[number];
  happenedAt: string;
  knownAt: string;
  /** To whom it became known; null: to the station. */
  knownTo: string | null;
  what: Said;
  by: string | null;
};

/** Something that waits for a person outside of the pages too. */
export type WaitingMatter = { id: string; subject: Said; lines: Said[]; path: string } & Pick<
  RoomDecision,
  "told" | "taken"
>;

export type RoomService = {
  view(incident: string): Promise<RoomView>;
  /** `counsel`: with what is for counsel and those who settle. */
  timeline(incident: string, of: { counsel: boolean }): Promise<TimelineLine[]>;
  note<K extends RoomKind>(
    incident: string,
    kind: K,
    said: { data: RoomData<K>; text: RoomText<K> },
    by: Person,
  ): Promise<RoomView>;
  change(
    incident: string,
    item: string,
    change: { kind: "task" | "hypothesis"; data: Record<string, unknown>; reason: string },
    by: Person,
  ): Promise<RoomView>;
  follow(incident: string, playbook: string, by: Person): Promise<RoomView>;
  /** Keeps bytes as evidence and registers them. */
  keep(
    incident: string,
    bytes: Buffer,
    about: RoomText<"evidence"> & { collectedAt: string },
    by: Person,
  ): Promise<RoomView>;
  ask(incident: string, asked: AskedByHand, by: Person): Promise<RoomView>;
  waiting(): Promise<WaitingMatter[]>;
  take(matter: string, comment: string, by: Person): Promise<WaitingMatter[]>;
  dissent(decision: string, reason: string, by: Person): Promise<void>;
};
