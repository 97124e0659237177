import { createHmac } from "node:crypto";
import type { EvidenceHash } from "../../ledger/entry.ts";
import { SekishoError } from "../../lib/error.ts";
import type { Item } from "../items.ts";
import { findPersons, type FoundPerson, type Proof } from "../list/findPersons.ts";
import { getCampaign, type Campaign, type NoticeRoom, type NoticeState } from "../store/campaign.ts";
import { AskLimits } from "./askLimits.ts";

export const limits = { proofsMin: 2, proofsMax: 4, noteCharactersMax: 4_000, campaignsMax: 20 } as const;

/** What the agent may say. Nothing of a person's data is in it but the names of what leaked. */
export type HotlineAnswer =
  | {
      outcome: "affected";
      campaign: string;
      items: readonly Item[];
      /** Where the notice to this person is. */
      notice: { state: NoticeState; at: string | null };
      reference: string;
    }
  /** Several persons fit: one more thing tells them apart. */
  | { outcome: "unclear" }
  /** Nobody fits all that was said. Whether a part of it fits somebody is not told. */
  | { outcome: "not-found" };

export type HotlineCall = { proofs: readonly Proof[]; note: string; agent: string };

/**
 * "Am I affected?" A caller proves who she is by at least two things that agree: an address alone would tell
 * anybody who is a customer. Each look-up is an entry of the ledger, with a keyed hash of what was asked.
 */
export class Hotline {
  readonly #room: NoticeRoom;
  readonly #limits = new AskLimits();
  readonly #key: Buffer;

  /** `secret`: for the hashes of what was asked, so that the same question is known again by its hash. */
  constructor(room: NoticeRoom, secret: string) {
    this.#room = room;
    this.#key = Buffer.from(secret);
  }

  /** Throws usage for too little, limit-passed for too much. */
  async ask({ proofs, note, agent }: HotlineCall): Promise<HotlineAnswer> {
    const kinds = new Set(proofs.map(({ kind }) => kind));
    if (kinds.size < limits.proofsMin || proofs.length > limits.proofsMax) {
      throw new SekishoError("usage", "Cannot look anybody up by less than two different things", {
        hint: "ask for two of: mail address, telephone, customer number, name with birth date",
      });
    }
    const now = this.#room.now().epochMilliseconds;
    const wait = this.#limits.take(agent, now);
    if (wait > 0) {
      throw new SekishoError("limit-passed", `Cannot ask for another ${Math.ceil(wait / 1_000)} s`, {
        hint: "too much was asked or guessed; the privacy officer sees it in the ledger",
      });
    }
    const answer = await this.#lookUp(proofs);
    const locked = answer.outcome === "not-found" && this.#limits.miss(agent, now);
    await this.#record({ proofs, note, agent }, answer, locked);
    return answer;
  }

  async #lookUp(proofs: readonly Proof[]): Promise<HotlineAnswer> {
    for (const campaign of await this.#campaigns()) {
      const found = await Promise.all(proofs.map((proof) => findPersons(this.#room, campaign, proof)));
      const fitting = intersect(found);
      const [one] = fitting;
      if (one === undefined) continue;
      if (fitting.length > 1) return { outcome: "unclear" };
      const { person, state, at, number } = one;
      return {
        outcome: "affected",
        campaign: campaign.name,
        items: person.items,
        notice: { state, at: at?.toISOString() ?? null },
        reference: String(number),
      };
    }
    return { outcome: "not-found" };
  }

  /** The newest first. */
  async #campaigns(): Promise<Campaign[]> {
    const rows = (await this.#room.db
      .selectFrom("notice_campaign")
      .select("name")
      .orderBy("id", "desc")
      .limit(limits.campaignsMax)
      .execute()) as { name: string }[];
    const campaigns: Campaign[] = [];
    for (const { name } of rows) campaigns.push(await this.#campaignOf(name));
    return campaigns;
  }

  /** Keys are unwrapped once; what changes of a campaign is not asked here. */
  async #campaignOf(name: string): Promise<Campaign> {
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    const campaign = await getCampaign(this.#room, name);
    this.#known.set(name, campaign);
    return campaign;
  }
  readonly #known = new Map<string, Campaign>();

  async #record({ proofs, note, agent }: HotlineCall, answer: HotlineAnswer, locked: boolean): Promise<void> {
    const evidence: EvidenceHash[] = [];
    const text = note.trim().slice(0, limits.noteCharactersMax);
    if (text !== "") evidence.push(await this.#room.evidence.put(Buffer.from(text, "utf8")));
    const asked = proofs
      .map((proof) => JSON.stringify(proof))
      .toSorted()
      .join("\n");
    await this.#room.record({
      kind: "observed",
      code: "hotline-asked",
      about: { person: agent, ...(answer.outcome === "affected" ? { campaign: answer.campaign } : {}) },
      evidence,
      data: {
        outcome: answer.outcome,
        by: proofs.map(({ kind }) => kind).toSorted(),
        asked: createHmac("sha256", this.#key).update(asked).digest("hex").slice(0, 32),
        locked,
      },
    });
  }
}

/** Pure: those who are found by everything. */
function intersect(found: readonly FoundPerson[][]): FoundPerson[] {
  const [first = [], ...others] = found;
  return first.filter(({ number }) => others.every((list) => list.some((one) => one.number === number)));
}
