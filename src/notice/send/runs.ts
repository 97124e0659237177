import { hostname } from "node:os";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { sql } from "kysely";
import { makeUuidV7 } from "../../lib/identifier.ts";
import { findByMark, markOf } from "../../lib/processMark.ts";
import { sealContext, type Campaign, type NoticeRoom } from "../store/campaign.ts";
import { writeLeftBatches } from "./batches.ts";
import { readJournal, removeJournal, type Answer } from "./journal.ts";
import { isFinal, settle, type Settled } from "./settle.ts";
import type { NoticeSettings } from "../settings.ts";
import { mailboxOf, readPerson } from "../list/person.ts";
import type { Leased } from "./lease.ts";

/** Where journals lie. */
export const journalFolder = (room: Pick<NoticeRoom, "folder">): string => join(room.folder, "notice");

/** A run on another machine that has said nothing for so long is dead. */
const silentMinutes = 10;

/** Changes with every start of the machine: what was only in its memory is gone by then. */
export function bootOfMachine(): string {
  try {
    return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  } catch {
    return "unknown";
  }
}

export async function beginRun(room: NoticeRoom, campaign: Campaign): Promise<number> {
  const row = (await room.db
    .insertInto("notice_run")
    .values({
      campaign: campaign.id,
      host: hostname(),
      boot: bootOfMachine(),
      mark: markOf(process.pid),
      seen_at: room.now().toString(),
      ended: false,
    })
    .returning("id")
    .executeTakeFirstOrThrow()) as { id: number };
  ownRuns.add(row.id);
  return row.id;
}

/** Runs of this process that have not ended: its mark alone does not say which of them live. */
const ownRuns = new Set<number>();

/** Leaves a run to the next one: its journal holds what could not be written down. */
export const abandonRun = (run: number): boolean => ownRuns.delete(run);

/** Says that the run lives. */
export async function noteRun(room: NoticeRoom, run: number): Promise<void> {
  await room.db
    .updateTable("notice_run")
    .set({ seen_at: room.now().toString() })
    .where("id", "=", run)
    .execute();
}

export async function endRun(room: NoticeRoom, run: number): Promise<void> {
  ownRuns.delete(run);
  await room.db.updateTable("notice_run").set({ ended: true }).where("id", "=", run).execute();
  removeJournal(journalFolder(room), run);
}

type Run = { id: number; host: string; boot: string; mark: string; seen_at: Date };

/** Runs of a campaign that neither ended in order nor live: those that a new sender takes up. */
export async function findRuns(
  room: NoticeRoom,
  campaign: Campaign,
): Promise<{ dead: Run[]; living: Run[] }> {
  const rows = (await room.db
    .selectFrom("notice_run")
    .selectAll()
    .where("campaign", "=", campaign.id)
    .where("ended", "=", false)
    .orderBy("id")
    .execute()) as Run[];
  const lives = (run: Run): boolean => {
    if (run.host === hostname()) {
      const pid = run.boot === bootOfMachine() ? findByMark(run.mark) : null;
      return pid === process.pid ? ownRuns.has(run.id) : pid !== null;
    }
    return room.now().epochMilliseconds - run.seen_at.getTime() < silentMinutes * 60_000;
  };
  return { dead: rows.filter((run) => !lives(run)), living: rows.filter(lives) };
}

export type Recovered = { runs: number; givenBack: number; settled: number; doubt: number; batches: number };

/**
 * Takes up what dead runs left. What was only leased is queued again. What was being handed over: the run's
 * journal knows which of it had not begun (queued again), which was answered (settled), and which had begun
 * without an answer (in doubt, never sent again unasked). Without the journal of this very boot all of it is
 * in doubt.
 */
export async function recoverRuns(
  room: NoticeRoom,
  campaign: Campaign,
  retry: NoticeSettings["retry"],
): Promise<Recovered> {
  const { dead } = await findRuns(room, campaign);
  const told: Recovered = { runs: dead.length, givenBack: 0, settled: 0, doubt: 0, batches: 0 };
  for (const run of dead) {
    const trusted = run.host === hostname() && run.boot === bootOfMachine();
    const known = trusted ? readJournal(journalFolder(room), run.id) : null;
    const handing = await handingOf(room, campaign, run.id);
    const back = handing.filter(({ number }) => known !== null && !known.has(number));
    const settled: Settled[] = [];
    const batch = await makeBatch(room, campaign, run.id);
    for (const leased of handing) {
      if (back.includes(leased)) continue;
      const answer = known?.get(leased.number) ?? lostAnswer(room);
      if (answer.outcome === "doubt") told.doubt += 1;
      else told.settled += 1;
      const final = isFinal(leased, answer, retry);
      settled.push({ leased, domain: domainOf(leased), answer, batch: final ? batch : null });
    }
    for (let at = 0; at < settled.length; at += 500)
      await settle(room, campaign, { run: run.id, settled: settled.slice(at, at + 500), retry });
    told.givenBack += await giveBackAll(room, run.id);
    told.batches += await writeLeftBatches(room, campaign, [run.id]);
    await endRun(room, run.id);
  }
  return told;
}

const lostAnswer = (room: NoticeRoom): Answer => ({
  outcome: "doubt",
  status: "4.0.0",
  text: "the sender ended before an answer came",
  at: room.now().epochMilliseconds,
});

const domainOf = ({ person, step }: Leased): string => mailboxOf(person.emails[step - 1] ?? "")?.domain ?? "";

/** A batch in the name of a dead run, which is written right after. */
async function makeBatch(room: NoticeRoom, campaign: Campaign, run: number): Promise<string> {
  const entry = makeUuidV7(room.now().epochMilliseconds);
  await sql`
    insert into notice_batch (entry, campaign, run, text_version, release_entry)
    select ${entry}::uuid, id, ${run}::integer, text_version, release_entry from notice_campaign
    where id = ${campaign.id}`.execute(room.db);
  return entry;
}

async function giveBackAll(room: NoticeRoom, run: number): Promise<number> {
  const { numAffectedRows } = await sql`update notice_send set state = 'queued', run = null, hash = null,
    at = null where run = ${run} and state in ('leased', 'handing')`.execute(room.db);
  return Number(numAffectedRows ?? 0);
}

type Row = Omit<Leased, "person"> & { person: string; sealed: Uint8Array };

async function handingOf(room: NoticeRoom, campaign: Campaign, run: number): Promise<Leased[]> {
  const { rows } = await sql<Row>`
    select s.number, s.step, s.attempts, s.lane, s.seed, p.person, p.sealed, g.profile, g.language
    from notice_send s join notice_person p on p.number = s.number
      join notice_group g on g.campaign = s.campaign and g.number = s.grp
    where s.run = ${run} and s.state = 'handing' order by s.number`.execute(room.db);
  return rows.map(({ person, sealed, ...row }) => ({
    ...row,
    number: Number(row.number),
    person: readPerson(campaign.keys.open(sealed, sealContext(campaign, person))),
  }));
}
