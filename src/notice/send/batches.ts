import { sql } from "kysely";
import type { Entry, EntryDraft, EntryId } from "../../ledger/entry.ts";
import { makeEntry } from "../../ledger/draft.ts";
import { makeUuidV7 } from "../../lib/identifier.ts";
import type { Json } from "../../lib/canonicalJson.ts";
import type { Campaign, NoticeRoom } from "../store/campaign.ts";
import type { Answer } from "./journal.ts";

/** Bounds of one entry: 65,535 bytes hold 500 rows with answers of some 40 characters. */
export const limits = { rowsMax: 500, bytesMax: 56_000, answerCharactersMax: 160 } as const;

/** One line of proof: whose notice, by which address, the hash of its exact bytes, what the server said. */
export type BatchRow = {
  number: number;
  step: number;
  outcome: Answer["outcome"];
  /** SHA-256 of the message, hex. */
  hash: string;
  /** Second of its Date field and signature, Unix time. */
  second: number;
  /** When the answer was heard, Unix milliseconds. */
  heard: number;
  answer: string;
};

/** A batch as it stands in the ledger: 110 bytes a person, so 0.8 GB for seven million. */
export function batchData(campaign: string, rows: readonly BatchRow[]): Record<string, Json> {
  const from = Math.min(...rows.map(({ second }) => second));
  return {
    campaign,
    from,
    columns: ["number", "step", "outcome", "sha256", "second", "heardMs", "answer"],
    rows: rows.map(({ number, step, outcome, hash, second, heard, answer }) => [
      number,
      step,
      outcome.slice(0, 2),
      Buffer.from(hash, "hex").toString("base64url"),
      second - from,
      Math.max(0, heard - from * 1_000),
      answer.slice(0, limits.answerCharactersMax),
    ]),
  };
}

/** The row of one notice in a batch's entry, or null. */
export function findInBatch(entry: Entry, number: number, step: number): BatchRow | null {
  const from = Number(entry.data["from"]);
  const rows = entry.data["rows"] as [number, number, string, string, number, number, string][];
  const row = rows.find((one) => one[0] === number && one[1] === step);
  if (row === undefined) return null;
  const outcomes = { se: "sent", re: "refused", de: "deferred", do: "doubt" } as const;
  return {
    number,
    step,
    outcome: outcomes[row[2] as keyof typeof outcomes],
    hash: Buffer.from(row[3], "base64url").toString("hex"),
    second: from + row[4],
    heard: from * 1_000 + row[5],
    answer: row[6],
  };
}

type Open = { id: EntryId; rows: BatchRow[]; bytes: number };

/**
 * Gathers answers into ledger entries. The id of an entry is given when its first row comes, and each row in
 * the store names it: when a sender dies, the next one finds rows whose entry was not written, and writes it.
 */
export class Batches {
  readonly #room: NoticeRoom;
  readonly #campaign: Campaign;
  readonly #run: number;
  readonly #version: string;
  readonly #release: EntryId;
  #open: Open | null = null;

  constructor(
    room: NoticeRoom,
    campaign: Campaign,
    options: { run: number; version: string; release: EntryId },
  ) {
    this.#room = room;
    this.#campaign = campaign;
    this.#run = options.run;
    this.#version = options.version;
    this.#release = options.release;
  }

  /** The entry that will hold this row. Where it is new, its own row is in the store when this resolves. */
  async add(row: BatchRow): Promise<{ id: string; full: Open | null }> {
    const bytes = 90 + Math.min(limits.answerCharactersMax, row.answer.length);
    let full: Open | null = null;
    if (
      this.#open !== null &&
      (this.#open.rows.length >= limits.rowsMax || this.#open.bytes + bytes > limits.bytesMax)
    ) {
      full = this.#open;
      this.#open = null;
    }
    if (this.#open === null) {
      const id = makeUuidV7(this.#room.now().epochMilliseconds) as EntryId;
      this.#open = { id, rows: [], bytes: 0 };
      await this.#room.db
        .insertInto("notice_batch")
        .values({
          entry: id,
          campaign: this.#campaign.id,
          run: this.#run,
          text_version: this.#version,
          release_entry: this.#release,
          place: null,
        })
        .execute();
    }
    this.#open.rows.push(row);
    this.#open.bytes += bytes;
    return { id: this.#open.id, full };
  }

  /** Writes a batch whose rows are in the store. */
  async write(batch: Open): Promise<void> {
    await writeBatch(this.#room, this.#campaign, { id: batch.id, release: this.#release, rows: batch.rows });
  }

  /** Writes what is left. */
  async end(): Promise<void> {
    const last = this.#open;
    this.#open = null;
    if (last !== null) await this.write(last);
  }
}

async function writeBatch(
  room: NoticeRoom,
  campaign: Campaign,
  { id, release, rows }: { id: EntryId; release: EntryId; rows: readonly BatchRow[] },
): Promise<void> {
  if (rows.length === 0) {
    await room.db.deleteFrom("notice_batch").where("entry", "=", id).execute();
    return;
  }
  const draft: EntryDraft = {
    kind: "enforced",
    code: "notice-batch",
    about: { campaign: campaign.name },
    rests: [release],
    data: batchData(campaign.name, rows),
  };
  const entry = { ...makeEntry(draft, { by: "notice/sender", now: room.now() }), id };
  const place = await room.ledger.append(entry);
  await room.db.updateTable("notice_batch").set({ place }).where("entry", "=", id).execute();
}

type StoredRow = {
  number: number;
  step: number;
  outcome: Answer["outcome"];
  hash: string;
  second: number;
  answer: string;
};

/** Writes the batches that dead runs of a campaign left open. */
export async function writeLeftBatches(
  room: NoticeRoom,
  campaign: Campaign,
  runs: readonly number[],
): Promise<number> {
  if (runs.length === 0) return 0;
  const open = (await room.db
    .selectFrom("notice_batch")
    .select(["entry", "release_entry"])
    .where("campaign", "=", campaign.id)
    .where("run", "in", [...runs])
    .where("place", "is", null)
    .execute()) as { entry: EntryId; release_entry: EntryId }[];
  for (const { entry: id, release_entry: release } of open) {
    const { rows } = await sql<StoredRow>`
      select number, step, case state when 'doubt' then 'doubt' else 'sent' end as outcome,
        encode(hash, 'hex') as hash, extract(epoch from at)::bigint as second, coalesce(answer, '') as answer
      from notice_send where campaign = ${campaign.id} and batch = ${id}
      union all
      select number, step,
        case outcome when 'doubt' then 'doubt' when 'bounced' then 'sent' else 'refused' end,
        encode(hash, 'hex'), extract(epoch from at)::bigint, answer
      from notice_try t where campaign = ${campaign.id} and batch = ${id} and not exists
        (select 1 from notice_send s where s.number = t.number and s.batch = t.batch and s.step = t.step)
      order by number`.execute(room.db);
    const found = rows.map((row) => ({
      ...row,
      number: Number(row.number),
      second: Number(row.second),
      // When exactly the answer came died with the sender; its second is that of the mail or a little later.
      heard: Number(row.second) * 1_000,
    }));
    await writeBatch(room, campaign, { id, release, rows: found });
  }
  return open.length;
}
