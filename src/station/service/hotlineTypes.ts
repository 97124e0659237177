import type { Said } from "../../gate.ts";
import type { HotlineAnswer } from "../../notice/hotline/hotline.ts";
import type { Proof } from "../../notice/list/findPersons.ts";
import type { Person } from "../services.ts";

/* ---- the hotline, for its page ---- */

export type HotlineView = Exclude<HotlineAnswer, { outcome: "affected" }> | AffectedView;
export type AffectedView = Omit<Extract<HotlineAnswer, { outcome: "affected" }>, "items"> & {
  /** Names of what leaked, as the agent may say them. */
  items: Said[];
};
export type HotlineService = {
  ask(call: { proofs: readonly Proof[]; note: string }, agent: Person): Promise<HotlineView>;
};
