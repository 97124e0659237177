import { sql } from "kysely";
import { SekishoError } from "../../lib/error.ts";
import { chooseLanguage } from "../items.ts";
import { sealContext, setCampaign, type Campaign, type NoticeRoom } from "../store/campaign.ts";
import { firstStepOf } from "./listRow.ts";
import type { ReadRow } from "./listRow.ts";
import { foldEmail, keysOf, mailboxOf, printPerson, profileOf, type ListedPerson } from "./person.ts";

export const limits = { chunkRows: 1_000, badRowsTold: 10_000, lanes: 64 } as const;

/** A row of a list with the place where it stands: the line of a CSV file, the row of a table. */
export type ListRow = { line: number } & ReadRow;

export type ImportFigures = {
  rows: number;
  added: number;
  changed: number;
  unchanged: number;
  /** Changed in the list when the notice was already on its way: the row stays as it was sent. */
  changedTooLate: number;
  bad: number;
};
export type BadRow = { line: number; problem: string };

type Chunk = { person: ListedPerson; line: number }[];

/**
 * Takes a list into a campaign: one row per person. The same list again changes nothing; a person whose row
 * differs is changed where her notice has not begun, and told where it has. Memory stays with a chunk.
 */
export async function importList(
  room: NoticeRoom,
  campaign: Campaign,
  rows: AsyncIterable<ListRow>,
  options: {
    source: { name: string; sha256: string };
    onRows?: (rows: number) => void;
    onBad: (bad: BadRow) => void;
    /** Persons whose row is not what it was, by their id. */
    onChanged?: (person: string, tooLate: boolean) => void;
  },
): Promise<ImportFigures & { again: boolean }> {
  const figures: ImportFigures = {
    ...{ rows: 0, added: 0, changed: 0, unchanged: 0, changedTooLate: 0, bad: 0 },
  };
  const before = await findImport(room, campaign, options.source.sha256);
  if (before !== null) return { ...before, added: 0, changed: 0, unchanged: before.rows, again: true };
  if (campaign.state === "sending") {
    throw new SekishoError("conflict", "Cannot change the list of a campaign that is being sent", {
      hint: "pause it first: sekisho notice pause",
    });
  }
  const importer = new Importer(room, campaign, figures, options);
  let chunk: Chunk = [];
  for await (const row of rows) {
    figures.rows += 1;
    if (row.ok) chunk.push({ person: row.person, line: row.line });
    else importer.tellBad({ line: row.line, problem: row.problem });
    if (chunk.length < limits.chunkRows) continue;
    await importer.take(chunk);
    options.onRows?.(figures.rows);
    chunk = [];
  }
  await importer.take(chunk);
  options.onRows?.(figures.rows);
  // The store plans by what it knows of a table, and of one just filled it knows nothing.
  for (const table of ["notice_person", "notice_send", "notice_key"])
    await sql`analyze ${sql.table(table)}`.execute(room.db);
  await finish(room, campaign, figures, options.source);
  return { ...figures, again: false };
}

async function findImport(
  room: NoticeRoom,
  campaign: Campaign,
  sha256: string,
): Promise<ImportFigures | null> {
  const last = (await room.db
    .selectFrom("notice_import")
    .select(["file_hash", "figures"])
    .where("campaign", "=", campaign.id)
    .orderBy("number", "desc")
    .limit(1)
    .executeTakeFirst()) as { file_hash: string; figures: string } | undefined;
  return last?.file_hash === sha256 ? (JSON.parse(last.figures) as ImportFigures) : null;
}

async function finish(
  room: NoticeRoom,
  campaign: Campaign,
  figures: ImportFigures,
  source: { name: string; sha256: string },
): Promise<void> {
  const changed = figures.added + figures.changed > 0;
  const list = campaign.list + (changed ? 1 : 0);
  const { entry } = await room.record({
    kind: "observed",
    code: "notice-list-imported",
    about: { campaign: campaign.name, list: String(list) },
    data: { source: source.sha256, ...figures },
  });
  const counted = sql<number>`(select coalesce(max(number), 0) + 1 from notice_import
    where campaign = ${campaign.id})`;
  await room.db
    .insertInto("notice_import")
    .values({
      campaign: campaign.id,
      number: counted,
      file_hash: source.sha256,
      figures: JSON.stringify(figures),
      entry: entry.id,
    })
    .execute();
  // A changed list asks for a new release.
  await setCampaign(room, campaign, changed ? { list, state: "open", release_entry: null } : { list });
}

type Known = { person: string; digest: string; number: string | number; state: string };

class Importer {
  readonly #room: NoticeRoom;
  readonly #campaign: Campaign;
  readonly #figures: ImportFigures;
  readonly #options: {
    onBad: (bad: BadRow) => void;
    onChanged?: (person: string, tooLate: boolean) => void;
  };
  readonly #groups = new Map<string, number>();

  constructor(
    room: NoticeRoom,
    campaign: Campaign,
    figures: ImportFigures,
    options: { onBad: (bad: BadRow) => void; onChanged?: (person: string, tooLate: boolean) => void },
  ) {
    this.#room = room;
    this.#campaign = campaign;
    this.#figures = figures;
    this.#options = options;
  }

  tellBad(bad: BadRow): void {
    this.#figures.bad += 1;
    if (this.#figures.bad <= limits.badRowsTold) this.#options.onBad(bad);
  }

  async take(chunk: Chunk): Promise<void> {
    if (chunk.length === 0) return;
    const own = this.#withoutDoubles(chunk);
    const known = await this.#knownOf(own.map(({ person }) => person.id));
    const fresh: object[] = [];
    const changed: object[] = [];
    for (const { person } of own) {
      const text = printPerson(person);
      const digest = this.#campaign.keys.digestOf(text);
      const before = known.get(person.id);
      if (before?.digest === digest) this.#figures.unchanged += 1;
      else if (before === undefined) fresh.push(await this.#rowOf(person, text, digest));
      else if (!["queued", "letter", "substitute", "withheld"].includes(before.state)) {
        this.#figures.changedTooLate += 1;
        this.#options.onChanged?.(person.id, true);
      } else {
        changed.push({ ...(await this.#rowOf(person, text, digest)), number: String(before.number) });
        this.#options.onChanged?.(person.id, false);
      }
    }
    if (fresh.length > 0) await this.#add(fresh);
    if (changed.length > 0) await this.#change(changed);
  }

  #withoutDoubles(chunk: Chunk): Chunk {
    const seen = new Set<string>();
    return chunk.filter(({ person, line }) => {
      if (!seen.has(person.id)) return seen.add(person.id);
      this.tellBad({ line, problem: "person_id stands in the list already" });
      return false;
    });
  }

  async #knownOf(ids: string[]): Promise<Map<string, Known>> {
    const { rows } = await sql<Known>`
      select p.person, encode(p.digest, 'hex') as digest, p.number, s.state
      from notice_person p join notice_send s on s.number = p.number
      where p.campaign = ${this.#campaign.id}
        and p.person in (select value from json_array_elements_text(${JSON.stringify(ids)}::json))
    `.execute(this.#room.db);
    return new Map(rows.map((row) => [row.person, row]));
  }

  async #rowOf(person: ListedPerson, text: string, digest: string): Promise<object> {
    const { keys } = this.#campaign;
    const { step, state } = firstStepOf(person);
    const email = person.emails[step === 2 ? 1 : 0];
    const domain = email === undefined ? "" : (mailboxOf(email)?.domain ?? "");
    return {
      person: person.id,
      digest,
      sealed: keys.seal(text, sealContext(this.#campaign, person.id)).toString("base64"),
      grp: await this.#groupOf(person),
      lane: laneOf(keys.indexOf("domain", foldEmail(domain))),
      step,
      state,
      keys: keysOf(person, keys),
    };
  }

  /** The number of the person's group, made where there is none yet. */
  async #groupOf(person: ListedPerson): Promise<number> {
    const [profile, language] = [profileOf(person), chooseLanguage(person.languages)];
    const key = `${profile} ${language}`;
    const known = this.#groups.get(key);
    if (known !== undefined) return known;
    const { id } = this.#campaign;
    const find = async (): Promise<number | undefined> =>
      (
        (await this.#room.db
          .selectFrom("notice_group")
          .select("number")
          .where("campaign", "=", id)
          .where("profile", "=", profile)
          .where("language", "=", language)
          .executeTakeFirst()) as { number: number } | undefined
      )?.number;
    let number = await find();
    if (number === undefined) {
      await sql`insert into notice_group (campaign, number, profile, language, partner)
        select ${id}, coalesce(max(number), 0) + 1, ${profile}, ${language}, ${person.partner !== ""}
        from notice_group where campaign = ${id}`.execute(this.#room.db);
      number = (await find()) as number;
    }
    this.#groups.set(key, number);
    return number;
  }

  async #add(rows: object[]): Promise<void> {
    const { rows: added } = await sql<{ count: string | number }>`
      with given as (
        select * from json_to_recordset(${JSON.stringify(rows)}::json) as r(person text, digest text,
          sealed text, grp integer, lane smallint, step smallint, state text, keys json)),
      person as (
        insert into notice_person (campaign, person, digest, sealed)
        select ${this.#campaign.id}, person, decode(digest, 'hex'), decode(sealed, 'base64') from given
        on conflict (campaign, person) do nothing returning number, person),
      send as (
        insert into notice_send (number, campaign, grp, lane, state, step, next_at)
        select person.number, ${this.#campaign.id}, grp, lane, state, step, timestamptz '2000-01-01 00:00Z'
        from person join given using (person) returning number),
      key as (
        insert into notice_key (hash, number)
        select value::bigint, person.number
        from person join given using (person), json_array_elements_text(given.keys) on conflict do nothing)
      select count(*) as count from send`.execute(this.#room.db);
    const count = Number(added[0]?.count ?? 0);
    this.#figures.added += count;
  }

  async #change(rows: object[]): Promise<void> {
    await this.#room.db.transaction().execute(async (transaction) => {
      const given = sql`json_to_recordset(${JSON.stringify(rows)}::json) as r(number bigint, digest text,
        sealed text, grp integer, lane smallint, step smallint, state text, keys json)`;
      await sql`update notice_person p set digest = decode(r.digest, 'hex'),
        sealed = decode(r.sealed, 'base64') from ${given} where p.number = r.number`.execute(transaction);
      await sql`update notice_send s set grp = r.grp, lane = r.lane, step = r.step, state = r.state,
        attempts = 0 from ${given} where s.number = r.number`.execute(transaction);
      await sql`delete from notice_key where number in (select number from ${given})`.execute(transaction);
      await sql`insert into notice_key (hash, number) select value::bigint, r.number from ${given},
        json_array_elements_text(r.keys) on conflict do nothing`.execute(transaction);
    });
    this.#figures.changed += rows.length;
  }
}

/** Domains share 64 lanes, so that one that is slow holds up few others. */
export function laneOf(domainIndex: string): number {
  return Number(BigInt.asUintN(64, BigInt(domainIndex)) % BigInt(limits.lanes));
}
