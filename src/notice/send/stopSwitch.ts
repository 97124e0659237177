import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { EntryDraft } from "../../ledger/entry.ts";
import type { Campaign, CampaignState, NoticeRoom } from "../store/campaign.ts";
import { journalFolder } from "./runs.ts";

const pollMs = 100;

/** Who stops or pauses a campaign, and why. */
export type StopOrder = { act: "pause" | "stop"; by: string; reason: string };

export const stopStates = { pause: "paused", stop: "stopped" } as const satisfies Record<
  string,
  CampaignState
>;

const pathOf = (folder: string, campaign: string): string => join(folder, `stop-${campaign}.json`);

/**
 * Leaves an order for the sender that uses this data folder: it needs no store, so it works while a sender
 * holds PGlite and the ledger. Takes effect within a tenth of a second.
 */
export function leaveStopOrder(folder: string, campaign: string, order: StopOrder): void {
  const place = join(folder, "notice");
  mkdirSync(place, { recursive: true, mode: 0o700 });
  writeFileSync(pathOf(place, campaign), JSON.stringify(order), { mode: 0o600, flush: true });
}

/** Takes an order away; null where there is none. */
export function takeStopOrder(folder: string, campaign: string): StopOrder | null {
  const path = pathOf(join(folder, "notice"), campaign);
  if (!existsSync(path)) return null;
  try {
    return JSON.parse(readFileSync(path, "utf8")) as StopOrder;
  } catch {
    // Half written, or written by hand: who leaves such a file wants it to stop.
    return { act: "stop", by: "unknown", reason: "an order that cannot be read" };
  } finally {
    rmSync(path, { force: true });
  }
}

/** Puts a change of a campaign's state on record: who, and why. The reason goes to the evidence store. */
export async function recordState(
  room: NoticeRoom,
  campaign: Campaign,
  change: { code: string; by: string; reason: string; state: CampaignState },
): Promise<void> {
  const evidence = change.reason === "" ? [] : [await room.evidence.put(Buffer.from(change.reason, "utf8"))];
  const draft: EntryDraft = {
    kind: "decided",
    code: change.code,
    about: { campaign: campaign.name, person: change.by.slice(0, 256) },
    evidence,
    data: { state: change.state },
  };
  await room.record(draft);
  await room.db
    .updateTable("notice_campaign")
    .set({ state: change.state })
    .where("id", "=", campaign.id)
    .execute();
}

/**
 * Whether a campaign may go on. Looked at before each mail; behind it, the store and the order file are read
 * ten times a second, and a store that does not answer counts as a stop.
 */
export class StopSwitch {
  readonly #room: NoticeRoom;
  readonly #campaign: Campaign;
  readonly #timer: NodeJS.Timeout;
  #reading = false;
  #why: string | null = null;

  constructor(room: NoticeRoom, campaign: Campaign) {
    this.#room = room;
    this.#campaign = campaign;
    this.#timer = setInterval(() => void this.#read(), pollMs);
  }

  /** Null: go on. Else the state that ended it, or what went wrong. */
  get why(): string | null {
    return this.#why;
  }

  /** Ends the sending from inside: a fault, or too many refusals. */
  throw(why: string): void {
    this.#why ??= why;
  }

  async #read(): Promise<void> {
    if (this.#reading) return;
    this.#reading = true;
    try {
      const path = pathOf(journalFolder(this.#room), this.#campaign.name);
      if (existsSync(path)) {
        // Stop first, write down afterwards.
        this.#why ??= "ordered";
        const order = takeStopOrder(this.#room.folder, this.#campaign.name);
        if (order !== null) await this.#carryOut(order);
      }
      const row = (await this.#room.db
        .selectFrom("notice_campaign")
        .select("state")
        .where("id", "=", this.#campaign.id)
        .executeTakeFirst()) as { state: CampaignState } | undefined;
      if (row?.state !== "sending") this.#why ??= row?.state ?? "gone";
    } catch (error) {
      this.#why ??= `the store does not answer: ${(error as Error).message}`;
    } finally {
      this.#reading = false;
    }
  }

  async #carryOut(order: StopOrder): Promise<void> {
    const state = stopStates[order.act];
    await recordState(this.#room, this.#campaign, {
      code: order.act === "stop" ? "notice-stopped" : "notice-paused",
      by: order.by,
      reason: order.reason,
      state,
    });
    this.#why = state;
  }

  async end(): Promise<void> {
    clearInterval(this.#timer);
    while (this.#reading) await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
