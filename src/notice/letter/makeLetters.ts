import { createHash, hash } from "node:crypto";
import { createReadStream, createWriteStream, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { sql } from "kysely";
import type { Letter, LetterPlace } from "../../lib/pdf/writeLetters.ts";
import { writeLetters } from "../../lib/pdf/writeLetters.ts";
import { SekishoError } from "../../lib/error.ts";
import { quoteSql, openDuck, type Duck } from "../../lib/openDuck.ts";
import { makeUuidV7 } from "../../lib/identifier.ts";
import type { Composer } from "../compose/composer.ts";
import type { NoticeLanguage } from "../items.ts";
import { readPerson, type ListedPerson, type Profile } from "../list/person.ts";
import { sealContext, type Campaign, type NoticeRoom } from "../store/campaign.ts";

export const limits = { lettersPerFileMax: 10_000 } as const;

export type LetterFigures = {
  letters: number;
  files: { name: string; letters: number; pages: number; sha256: string }[];
  substitutes: number;
  manifest: string;
};

type Row = {
  number: number;
  person: string;
  sealed: Uint8Array;
  profile: Profile;
  language: NoticeLanguage;
};
type Addressed = Row & { who: ListedPerson };

/**
 * Writes letters for everyone whose notice goes by post, in files of at most `perFile`, sorted by postal
 * code as the postal service takes them, with a manifest that tells each letter's file, page and reference;
 * and the list of those for whom only a substitute notice is left. Persons are marked when all files are on
 * the medium and in the ledger.
 */
export async function makeLetters(
  room: NoticeRoom,
  campaign: Campaign,
  options: {
    out: string;
    perFile: number;
    composer: Composer;
    sender: readonly string[];
    duplex: boolean;
    timeZone: string;
  },
): Promise<LetterFigures> {
  const { out, perFile } = options;
  if (!Number.isInteger(perFile) || perFile < 1 || perFile > limits.lettersPerFileMax) {
    throw new SekishoError("usage", `Cannot write ${perFile} letters a file`, {
      hint: `1 to ${limits.lettersPerFileMax}`,
    });
  }
  const batch = makeUuidV7(room.now().epochMilliseconds).slice(0, 13).replace("-", "");
  const folder = join(out, `letters-${campaign.name}-${batch}`);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  // Sorting a million addresses must not need the memory for them: DuckDB spills to its own folder.
  const duck = await openDuck({ tempFolder: folder });
  try {
    const total = await stage(room, campaign, duck);
    const manifest: string[] = ["file,page,pages,reference,postal_code,missing_characters"];
    const files: LetterFigures["files"] = [];
    for (const language of await languagesOf(duck)) {
      for (let from = 0, part = 1; ; from += perFile, part += 1) {
        const rows = await rowsOf(room, campaign, { duck, language, from, perFile });
        if (rows.length === 0) break;
        files.push(await writeFile(rows, { ...options, folder, campaign, language, part, manifest, room }));
      }
    }
    const substitutes = await writeSubstitutes(room, campaign, folder);
    const manifestText = `${manifest.join("\r\n")}\r\n`;
    writeFileSync(join(folder, "manifest.csv"), manifestText, { mode: 0o600 });
    const sums = files.map(({ name, sha256 }) => `${sha256}  ${name}\n`);
    writeFileSync(
      join(folder, "SHA256SUMS"),
      `${sums.join("")}${hash("sha256", manifestText)}  manifest.csv\n`,
    );
    await room.record({
      kind: "enforced",
      code: "notice-letters-made",
      about: { campaign: campaign.name },
      ...(campaign.releaseEntry === null ? {} : { rests: [campaign.releaseEntry as never] }),
      data: { letters: total, files, manifest: hash("sha256", manifestText), substitutes },
    });
    await mark(room, duck);
    return { letters: total, files, substitutes, manifest: join(folder, "manifest.csv") };
  } finally {
    await duck.close();
  }
}

/** Number, language and postal code of everyone who gets a letter: no more leaves the store for sorting. */
async function stage(room: NoticeRoom, campaign: Campaign, duck: Duck): Promise<number> {
  await duck.run("CREATE TABLE letter (number BIGINT, language VARCHAR, postal VARCHAR)");
  let total = 0;
  for (let after = 0; ;) {
    const { rows } = await sql<Row>`select s.number, p.person, p.sealed, g.profile, g.language
      from notice_send s join notice_person p using (number)
        join notice_group g on g.campaign = s.campaign and g.number = s.grp
      where s.campaign = ${campaign.id} and s.state = 'letter' and s.number > ${after}
      order by s.number limit 2000`.execute(room.db);
    if (rows.length === 0) return total;
    const values = rows.map((row) => {
      const { postalCode } = openPerson(campaign, row);
      const digits = postalCode.normalize("NFKC").replace(/\D+/g, "").slice(0, 10);
      return `(${Number(row.number)}, ${quoteSql(row.language)}, ${quoteSql(digits)})`;
    });
    await duck.run(`INSERT INTO letter VALUES ${values.join(", ")}`);
    total += rows.length;
    after = Number(rows.at(-1)?.number);
  }
}

const openPerson = (campaign: Campaign, row: Pick<Row, "person" | "sealed">): ListedPerson =>
  readPerson(campaign.keys.open(row.sealed, sealContext(campaign, row.person)));

async function languagesOf(duck: Duck): Promise<NoticeLanguage[]> {
  const rows = await duck.rows<{ language: NoticeLanguage }>(
    "SELECT DISTINCT language FROM letter ORDER BY language",
  );
  return rows.map(({ language }) => language);
}

async function rowsOf(
  room: NoticeRoom,
  campaign: Campaign,
  given: { duck: Duck; language: NoticeLanguage; from: number; perFile: number },
): Promise<Addressed[]> {
  const { duck, language, from, perFile } = given;
  const sorted = await duck.rows<{ number: number }>(
    `SELECT number FROM letter WHERE language = ${quoteSql(language)}
      ORDER BY postal = '', postal, number LIMIT ${perFile} OFFSET ${from}`,
  );
  const numbers = JSON.stringify(sorted.map(({ number }) => String(number)));
  const { rows } = await sql<Row>`select s.number, p.person, p.sealed, g.profile, g.language
    from json_array_elements_text(${numbers}::json) n join notice_send s on s.number = n.value::bigint
      join notice_person p on p.number = s.number
      join notice_group g on g.campaign = s.campaign and g.number = s.grp`.execute(room.db);
  const byNumber = new Map(rows.map((row) => [Number(row.number), row]));
  return sorted.flatMap(({ number }) => {
    const row = byNumber.get(Number(number));
    return row === undefined ? [] : [{ ...row, number: Number(number), who: openPerson(campaign, row) }];
  });
}

type FileOptions = {
  room: NoticeRoom;
  campaign: Campaign;
  composer: Composer;
  sender: readonly string[];
  duplex: boolean;
  timeZone: string;
  folder: string;
  language: NoticeLanguage;
  part: number;
  manifest: string[];
};

async function writeFile(
  rows: readonly Addressed[],
  options: FileOptions,
): Promise<LetterFigures["files"][number]> {
  const { folder, language, part, manifest, room, duplex, campaign } = options;
  const name = `${language}-${String(part).padStart(4, "0")}.pdf`;
  const path = join(folder, name);
  const postalOf = new Map<string, string>();
  const stream = createWriteStream(path, { mode: 0o600, flush: true });
  const closed = new Promise<void>((resolve, reject) => stream.on("close", resolve).on("error", reject));
  const letters = rows.map((row) => {
    const letter = letterOf(row, options);
    postalOf.set(letter.reference, row.who.postalCode);
    return letter;
  });
  const { pages } = await writeLetters(stream, letters, {
    ...{ language, duplex, title: `${campaign.name} ${name}`, createdAt: room.now() },
    onLetter: ({ reference, firstPage, pages: count, missing }: LetterPlace) => {
      const postal = (postalOf.get(reference) ?? "").replace(/[^\d-]/g, "");
      manifest.push([name, firstPage, count, reference, postal, missing.length].join(","));
    },
  });
  stream.end();
  await closed;
  const digest = createHash("sha256");
  for await (const piece of createReadStream(path)) digest.update(piece as Buffer);
  return { name, letters: rows.length, pages, sha256: digest.digest("hex") };
}

/** Japanese addresses: 〒, address, name 様; others name first. The window holds some 20 characters a line. */
function letterOf(row: Addressed, { composer, sender, language, room, timeZone }: FileOptions): Letter {
  const { who, number, profile } = row;
  const { subject, body } = composer.text({ number, step: 1, person: who, profile, language });
  const lines = who.address.split(/\n|(?<=.{20})\s+/u).filter((line) => line !== "");
  const guardian = who.minor ? " 保護者" : "";
  const address =
    language === "ja"
      ? [`〒${who.postalCode}`, ...lines, `${who.name}${guardian} 様`]
      : [who.name, ...lines, who.postalCode];
  const date = room.now().toZonedDateTimeISO(timeZone).toPlainDate();
  const printed = language === "ja" ? `${date.year}年${date.month}月${date.day}日` : date.toString();
  return { reference: composer.referenceOf(number), address, sender, date: printed, subject, body };
}

/** Nobody is reached by mail or post: what is left is publication, and the hotline. No names in the list. */
async function writeSubstitutes(room: NoticeRoom, campaign: Campaign, folder: string): Promise<number> {
  const stream = createWriteStream(join(folder, "substitute.csv"), { mode: 0o600, flush: true });
  const closed = new Promise<void>((resolve, reject) => stream.on("close", resolve).on("error", reject));
  stream.write("person_id\r\n");
  let count = 0;
  for (let after = 0; ;) {
    const { rows } = await sql<{ number: number; person: string }>`select s.number, p.person
      from notice_send s join notice_person p using (number)
      where s.campaign = ${campaign.id} and s.state = 'substitute' and s.seed = 0 and s.number > ${after}
      order by s.number limit 10000`.execute(room.db);
    if (rows.length === 0) break;
    for (const { person } of rows) stream.write(`${person}\r\n`);
    count += rows.length;
    after = Number(rows.at(-1)?.number);
  }
  stream.end();
  await closed;
  return count;
}

async function mark(room: NoticeRoom, duck: Duck): Promise<void> {
  const at = room.now().toString();
  for await (const rows of duck.stream<{ number: number }>("SELECT number FROM letter")) {
    const numbers = JSON.stringify(rows.map(({ number }) => String(number)));
    await sql`update notice_send set state = 'lettered', at = ${at}::timestamptz
      where state = 'letter' and number in
        (select value::bigint from json_array_elements_text(${numbers}::json))`.execute(room.db);
  }
}
