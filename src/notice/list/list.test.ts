import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { ExpressionBuilder } from "kysely";
import fc from "fast-check";
import { testStores } from "../../lib/sql/testStores.ts";
import { takeCampaign, type Campaign, type NoticeRoom } from "../store/campaign.ts";
import { listOf, openTestRoom, testPerson } from "../testNotices.ts";
import { chooseLanguage } from "../items.ts";
import { migrate } from "../../lib/sql/migrate.ts";
import { migrations } from "../../station/migrations/index.ts";
import { openDuck, quoteSql } from "../../lib/openDuck.ts";
import { findPersons } from "./findPersons.ts";
import { importList, type BadRow } from "./importList.ts";
import { measureList, readList } from "./listFile.ts";
import { readCsv, limits as csvLimits, type CsvRow } from "./readCsv.ts";
import type { ListedPerson } from "./person.ts";

const folder = mkdtempSync(join(tmpdir(), "sekisho-list-"));
after(() => rmSync(folder, { recursive: true, force: true }));

async function* piecesOf(text: string, size: number): AsyncGenerator<string> {
  for (let at = 0; at < text.length; at += size) yield text.slice(at, at + size);
}

async function rowsOf(text: string, size = 7): Promise<CsvRow[]> {
  const rows: CsvRow[] = [];
  for await (const row of readCsv(piecesOf(text, size))) rows.push(row);
  return rows;
}

test("readCsv() gives back what was written, however it is cut into pieces", async () => {
  const cell = fc.string({ unit: fc.constantFrom("a", "花", ",", '"', "\n", "\r\n", " "), maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(cell, { minLength: 2, maxLength: 4 }), { maxLength: 6 }),
      fc.integer({ min: 1, max: 9 }),
      fc.constantFrom("\n", "\r\n"),
      async (table, size, end) => {
        const quote = (text: string): string => `"${text.replaceAll('"', '""')}"`;
        const text = table.map((cells) => cells.map(quote).join(",") + end).join("");
        const rows = await rowsOf(text, size);
        assert.deepEqual(
          rows.map((row) => ("cells" in row ? row.cells : row.problem)),
          table,
        );
      },
    ),
    { seed: 2016, numRuns: 300 },
  );
});

test("readCsv() tells the line on which a record begins", async () => {
  const rows = await rowsOf('a,b\r\n"x\ny",1\r\n\r\nlast,2');
  assert.deepEqual(
    rows.map(({ line }) => line),
    [1, 2, 5],
  );
});

test("readCsv() tells rows that pass its bounds, and goes on behind them", async () => {
  const text = `a\n${"x".repeat(csvLimits.rowCharactersMax + 1)}\n${",".repeat(300)}\nb\n"open`;
  const rows = await rowsOf(text, 1_000);
  assert.deepEqual(
    rows.map((row) => ("problem" in row ? `${row.line}: bad` : row.cells[0])),
    ["a", "2: bad", "3: bad", "b", "5: bad"],
  );
});

const tags = [
  [[], "ja"],
  [["ja-JP"], "ja"],
  [["fr", "ko"], "ko"],
  [["fr"], "en"],
  [["zh"], "zh-Hans"],
  [["zh_TW"], "zh-Hant"],
  [["zh-Hans-HK"], "zh-Hans"],
  [["yue"], "zh-Hant"],
] as const;
for (const [read, wanted] of tags) {
  test(`chooseLanguage() gives ${wanted} for ${read.join(", ") || "nobody knows"}`, () => {
    assert.equal(chooseLanguage(read), wanted);
  });
}

const head =
  "person_id,氏名,languages,メールアドレス,email2,postal_code,address,phone,customer_ids,birth_date,items," +
  "partner,valid_passport,minor,status";
const csv = `${head}
1,佐藤 花子,ja,hanako@mail.example.jp,,100-0005,東京都千代田区丸の内1-1,090-0123-4567,C1;C9,1985-03-02,name;email,,,,
2,Taro Suzuki,en;ja,bad address,taro@mail.example.jp,,,,C2,,name;passport,,yes,,
3,鈴木 一郎,,,,100-0005,東京都千代田区丸の内1-2,,,,name,docomo,,はい,
4,田中 次郎,,,,,,,,,name,,,,
5,高橋 三郎,,saburo@mail.example.jp,,,,,,,name,,,,死亡
6,伊藤,,i@mail.example.jp,,,,,,1985-13-40,name,,,,
7,渡辺,,w@mail.example.jp,,,,,,,shoe-size,,,,
1,佐藤 花子,,,,,,,,,name,,,,
,無名,,,,,,,,,name,,,,
`;

for (const store of testStores()) {
  let room: NoticeRoom & { close(): Promise<void> };
  let campaign: Campaign;
  const options = { skip: store.skip };

  before(async () => {
    if (store.skip !== false) return;
    const state = await store.open();
    await migrate(state.db, migrations);
    room = { ...(await openTestRoom()), db: state.db };
    campaign = await takeCampaign(room, "june");
  });
  after(async () => {
    if (store.skip !== false) return;
    await room.db.destroy();
    await room.close();
    await store.close();
  });

  const take = async (path: string, bad: BadRow[] = []): Promise<object> => {
    const source = await measureList({ path });
    const rows = readList({ path });
    return importList(room, campaign, rows, { source, onBad: (row) => bad.push(row) });
  };
  const statesOf = async (): Promise<string[]> => {
    const rows = await room.db
      .selectFrom("notice_send")
      .innerJoin("notice_person", "notice_person.number", "notice_send.number")
      .innerJoin("notice_group", "notice_group.number", "notice_send.grp")
      .select(["person", "state", "step", "profile", "language"])
      .orderBy("person")
      .execute();
    return rows.map((row) => `${row.person} ${row.state} ${row.step} ${row.profile}.${row.language}`);
  };

  test(`importList() takes each person once and tells bad rows (${store.kind})`, options, async () => {
    const path = join(folder, "list.csv");
    writeFileSync(path, csv);
    const bad: BadRow[] = [];
    assert.deepEqual(await take(path, bad), {
      ...{ rows: 9, added: 5, changed: 0, unchanged: 0, changedTooLate: 0, bad: 4, again: false },
    });
    assert.deepEqual(bad.map(({ line }) => line).toSorted(), [10, 7, 8, 9]);
    assert.ok(!JSON.stringify(bad).includes("shoe"), "a problem does not repeat what stands in the cell");
    assert.deepEqual(await statesOf(), [
      "1 queued 1 standard.ja",
      "2 queued 2 passport.en",
      "3 letter 3 partner-minor.ja",
      "4 substitute 4 standard.ja",
      "5 withheld 4 standard.ja",
    ]);
  });

  test(`importList() changes nothing with the same list again (${store.kind})`, options, async () => {
    const path = join(folder, "list.csv");
    const told = (await take(path)) as { again: boolean; added: number };
    assert.deepEqual([told.again, told.added], [true, 0]);
    // The same persons under another name of the file, in another order.
    const other = join(folder, "other.csv");
    const [head, ...lines] = csv.trimEnd().split("\n") as [string, ...string[]];
    writeFileSync(other, [head, ...lines.slice(0, 5).reverse()].join("\n"));
    assert.deepEqual(await take(other), {
      ...{ rows: 5, added: 0, changed: 0, unchanged: 5, changedTooLate: 0, bad: 0, again: false },
    });
  });

  test(
    `importList() tells who changed, and leaves a sent row as it was (${store.kind})`,
    options,
    async () => {
      campaign = await takeCampaign(room, "june");
      const source = { name: "x", sha256: "0".repeat(64) };
      const persons: ListedPerson[] = [testPerson(1), testPerson(2)];
      await importList(room, campaign, listOf(persons), { source, onBad: () => assert.fail() });
      await room.db
        .updateTable("notice_send")
        .set({ state: "sent" })
        .where("number", "in", (where: ExpressionBuilder<any, any>) =>
          where.selectFrom("notice_person").select("number").where("person", "=", "p1"),
        )
        .execute();
      const changed: string[] = [];
      const newer = persons.map((person) => ({ ...person, emails: ["new@mail.example.jp"] }));
      const figures = await importList(room, await takeCampaign(room, "june"), listOf(newer), {
        source: { name: "y", sha256: "1".repeat(64) },
        onBad: () => assert.fail(),
        onChanged: (person, tooLate) => changed.push(`${person} ${tooLate}`),
      });
      assert.deepEqual([figures.changed, figures.changedTooLate], [1, 1]);
      assert.deepEqual(changed, ["p1 true", "p2 false"]);
      const [found] = await findPersons(room, campaign, { kind: "email", value: "NEW@mail.example.jp" });
      assert.deepEqual([found?.person.id, found?.state], ["p2", "queued"]);
    },
  );

  test(`findPersons() finds by each proof, as a caller spells it (${store.kind})`, options, async () => {
    const proofs = [
      { kind: "email", value: "Hanako@MAIL.example.jp " },
      { kind: "phone", value: "+81 90 0123 4567" },
      { kind: "phone", value: "０９０ー０１２３ー４５６７" },
      { kind: "customer", value: "c9" },
      { kind: "name-birth", name: "佐藤花子", birth: "1985-03-02" },
    ] as const;
    for (const proof of proofs) {
      const found = await findPersons(room, campaign, proof);
      assert.deepEqual(
        found.map(({ person }) => person.id),
        ["1"],
        JSON.stringify(proof),
      );
    }
    assert.deepEqual(await findPersons(room, campaign, { kind: "customer", value: "C404" }), []);
  });

  test(`the store holds no name, address or number in clear (${store.kind})`, options, async () => {
    for (const table of ["notice_person", "notice_send", "notice_key", "notice_import", "notice_campaign"]) {
      const rows = await room.db.selectFrom(table).selectAll().execute();
      const text = rows
        .flatMap((row) => Object.values(row as object))
        .map((value) => (value instanceof Uint8Array ? Buffer.from(value).toString("utf8") : String(value)))
        .join(" ");
      for (const clear of ["花子", "hanako", "mail.example.jp", "丸の内", "01234567", "0123-4567", "1985-03-02"])
        assert.ok(!text.includes(clear), `${table} holds ${clear}`);
    }
  });
}

test("readList() joins persons of a scope with their customer table", async () => {
  const duck = await openDuck();
  const persons = join(folder, "persons.parquet");
  await duck.run(`COPY (SELECT 1::INT AS person_id, ['K1','K2'] AS customer_ids, [5::BIGINT] AS record_ids,
    ['name','email'] AS items, 'certain' AS certainty, 'ko' AS language, NULL::VARCHAR AS partner,
    ['email'] AS channels, 1 AS records, false AS excluded
    UNION ALL SELECT 2, ['K3'], [6], ['name'], 'certain', NULL, 'docomo', ['letter'], 1, true)
    TO ${quoteSql(persons)} (FORMAT parquet)`);
  await duck.close();
  const customers = join(folder, "customers.csv");
  writeFileSync(
    customers,
    "会員番号,氏名,MAIL1,生年月日\nK1,김철수,kim@mail.example.kr,1990-01-02\nK3,無,x@y.example,\n",
  );
  const rows = [];
  const columns = { email: "MAIL1" };
  for await (const row of readList({ path: persons, customers, columns })) rows.push(row);
  assert.equal(rows.length, 1);
  const [row] = rows;
  assert.ok(row?.ok === true, JSON.stringify(row));
  const { id, name, emails, customers: numbers, items, birth, languages } = row.person;
  assert.deepEqual(
    { id, name, emails, numbers, items, birth, languages },
    {
      ...{ id: "1", name: "김철수", emails: ["kim@mail.example.kr"], numbers: ["K1", "K2"] },
      ...{ items: ["name", "email"], birth: "1990-01-02", languages: ["ko"] },
    },
  );
});
