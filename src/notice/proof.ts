import { hash } from "node:crypto";
import { sql } from "kysely";
import type { EntryId } from "../ledger/entry.ts";
import { SekishoError } from "../lib/error.ts";
import { Composer } from "./compose/composer.ts";
import { fingerprintOf, type DkimKey } from "./compose/dkim.ts";
import type { NoticeLanguage } from "./items.ts";
import { readPerson, type Profile } from "./list/person.ts";
import { releasesOf, type Release } from "./release.ts";
import { findInBatch, type BatchRow } from "./send/batches.ts";
import { sealContext, type Campaign, type NoticeRoom, type NoticeState } from "./store/campaign.ts";
import { getVersion } from "./texts/version.ts";

/** One mail of a person, walked back from the store to the release. */
export type ProvenMail = {
  step: number;
  outcome: string;
  /** SHA-256 of the exact bytes, hex. */
  hash: string;
  /** When it was made, and when the server's answer was heard. */
  at: Temporal.Instant;
  heard: Temporal.Instant | null;
  answer: string;
  entry: { id: string; place: number | null };
  /** Whether the ledger's entry says the same as the store. */
  inLedger: boolean;
  /** Whether the bytes were made anew and have this hash; null: a key that signed them is gone. */
  madeAnew: boolean | null;
  textVersion: string;
  release: EntryId;
  releases: Pick<Release, "person" | "at" | "entry" | "authenticated">[];
};

export type PersonProof = {
  person: string;
  state: NoticeState;
  step: number;
  profile: Profile;
  language: NoticeLanguage;
  mails: ProvenMail[];
};

type Row = {
  number: number;
  sealed: Uint8Array;
  state: NoticeState;
  step: number;
  profile: Profile;
  language: NoticeLanguage;
};
type Mail = { step: number; outcome: string; hash: string; second: number; answer: string; batch: string };

/** What was sent to a person, proven: store, ledger entry, release, text, and the bytes made anew. */
export async function provePerson(
  room: NoticeRoom,
  campaign: Campaign,
  options: { person: string; dkim: readonly DkimKey[]; timeZone: string },
): Promise<PersonProof> {
  const { person } = options;
  const { rows } = await sql<Row>`
    select p.number, p.sealed, s.state, s.step, g.profile, g.language
    from notice_person p join notice_send s using (number)
      join notice_group g on g.campaign = s.campaign and g.number = s.grp
    where p.campaign = ${campaign.id} and p.person = ${person}`.execute(room.db);
  const [row] = rows;
  if (row === undefined) {
    throw new SekishoError("not-found", "Cannot prove: nobody in this campaign has that person_id", {
      hint: "give the person_id of the list, not a name",
    });
  }
  const { profile, language, state, step } = row;
  const mails: ProvenMail[] = [];
  for (const mail of await mailsOf(room, Number(row.number)))
    mails.push(await proveMail(room, campaign, { ...options, row, mail }));
  return { person, state, step, profile, language, mails };
}

async function mailsOf(room: NoticeRoom, number: number): Promise<Mail[]> {
  const { rows } = await sql<Mail>`
    select step, outcome, encode(hash, 'hex') as hash, extract(epoch from at)::bigint as second, answer, batch
    from notice_try t where number = ${number} and batch is not null and hash is not null and not exists
      (select 1 from notice_send s where s.number = t.number and s.batch = t.batch and s.step = t.step)
    union all
    select step, case state when 'doubt' then 'doubt' else 'sent' end, encode(hash, 'hex'),
      extract(epoch from at)::bigint, coalesce(answer, ''), batch
    from notice_send where number = ${number} and batch is not null order by second, step`.execute(room.db);
  return rows;
}

async function proveMail(
  room: NoticeRoom,
  campaign: Campaign,
  given: { row: Row; mail: Mail; person: string; dkim: readonly DkimKey[]; timeZone: string },
): Promise<ProvenMail> {
  const { row, mail } = given;
  const batch = (await room.db
    .selectFrom("notice_batch")
    .select(["place", "text_version", "release_entry"])
    .where("entry", "=", mail.batch)
    .executeTakeFirstOrThrow()) as { place: number | null; text_version: string; release_entry: EntryId };
  const place = batch.place === null ? null : Number(batch.place);
  const entry = place === null ? null : await room.ledger.read(place, mail.batch);
  const line = entry === null ? null : findInBatch(entry, Number(row.number), mail.step);
  return {
    step: mail.step,
    outcome: mail.outcome,
    hash: mail.hash,
    at: Temporal.Instant.fromEpochMilliseconds(Number(mail.second) * 1_000),
    heard: line === null ? null : Temporal.Instant.fromEpochMilliseconds(line.heard),
    answer: mail.answer,
    entry: { id: mail.batch, place },
    inLedger: line !== null && agrees(line, mail),
    madeAnew: await makeAnew(room, campaign, { ...given, version: batch.text_version }),
    textVersion: batch.text_version,
    release: batch.release_entry,
    releases: await releasedWith(room, campaign, { version: batch.text_version, entry: batch.release_entry }),
  };
}

const agrees = (line: BatchRow, mail: Mail): boolean =>
  line.hash === mail.hash && line.second === Number(mail.second);

/** The two releases of a version, of the list that it was released for at that time. */
async function releasedWith(
  room: NoticeRoom,
  campaign: Campaign,
  { version, entry }: { version: string; entry: string },
): Promise<Release[]> {
  const row = (await room.db
    .selectFrom("notice_release")
    .select("list")
    .where("entry", "=", entry)
    .executeTakeFirst()) as { list: number } | undefined;
  return row === undefined ? [] : releasesOf(room, { id: campaign.id, list: row.list }, version);
}

async function makeAnew(
  room: NoticeRoom,
  campaign: Campaign,
  given: {
    row: Row;
    mail: Mail;
    person: string;
    dkim: readonly DkimKey[];
    timeZone: string;
    version: string;
  },
): Promise<boolean | null> {
  const { row, mail, person, timeZone } = given;
  const body = await getVersion(room, campaign, given.version);
  const wanted = [body.dkim.rsa, body.dkim.ed25519].filter((one) => one !== null);
  const dkim = given.dkim.filter((key) => wanted.includes(fingerprintOf(key)));
  if (dkim.length !== wanted.length) return null;
  const composer = new Composer({ campaign, body, dkim, timeZone });
  const composed = await composer.compose(
    {
      number: Number(row.number),
      step: mail.step as 1 | 2,
      person: readPerson(campaign.keys.open(row.sealed, sealContext(campaign, person))),
      profile: row.profile,
      language: row.language,
    },
    Number(mail.second),
  );
  return composed !== null && hash("sha256", composed.message) === mail.hash;
}
