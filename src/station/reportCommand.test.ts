import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { Ledger } from "../ledger/append.ts";
import type { EvidenceHash } from "../ledger/entry.ts";
import { EvidenceStore } from "../ledger/evidence.ts";
import { Keyring } from "../ledger/keyring.ts";
import { realDisk } from "../lib/disk.ts";
import type { Report } from "../report/report.ts";
import { caseOf2016 } from "../report/testCase.ts";

const cli = fileURLToPath(new URL("../cli.ts", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "sekisho-report-"));
const data = join(folder, "data");
const copy = join(folder, "copy");
after(() => rmSync(folder, { recursive: true }));

/** The case of 2016 in a data folder, as a station would have written it. */
before(async () => {
  const keyring = await Keyring.open(realDisk, join(data, "keys"));
  const signer = await keyring.openSigner("sekisho.example");
  const ledger = await Ledger.open({ disk: realDisk, folder: join(data, "ledger"), signer });
  const store = new EvidenceStore(realDisk, join(data, "evidence"), keyring);
  const one = caseOf2016();
  const contact = one.passage("2016-06-14", "contact", { ja: "窓口 0120-000-000（9:00–20:30）" });
  for (const entry of [contact, one.rows.find(({ entry }) => entry.code === "event-noted")?.entry.id ?? ""])
    one.allow("2016-06-14", entry);
  for (const { entry } of one.rows) {
    const texts = entry.evidence.map((name) => one.texts.get(name) as Buffer);
    const evidence: EvidenceHash[] = [];
    for (const text of texts) evidence.push(await store.put(text));
    await ledger.append({ ...entry, evidence });
  }
  await ledger.publish();
  await ledger.close();
  cpSync(join(data, "ledger"), copy, { recursive: true });
});

type Done = { status: number | null; out: string; err: string };
function report(...argv: string[]): Done {
  const node = ["--disable-warning=ExperimentalWarning", cli, "report", ...argv];
  const done = spawnSync(process.execPath, node, { encoding: "utf8", cwd: folder });
  return { status: done.status, out: done.stdout, err: done.stderr };
}
const made = (...argv: string[]): Done =>
  report(...argv, "--incident", "1", "--data", data, "--organisation", "例示旅行");

test("sekisho report appi says what is known as of a day, in both languages", () => {
  const ja = made("appi", "--as-of", "2016-05-16", "--lang", "ja");
  assert.equal(ja.status, 0, ja.err);
  assert.match(ja.out, /原因 {2}\[判明\]/);
  assert.match(ja.out, /2 つの値が並び立っています/);
  const en = made("appi", "--as-of", "2016-05-16", "--lang", "en");
  assert.match(en.out, /Number of persons concerned {2}\[not yet known\]/);
});

test("sekisho report verify holds a report against the ledger, with the keys and without", () => {
  const file = join(folder, "final.json");
  assert.equal(made("appi", "--kind", "final", "--as-of", "2016-06-24", "--out", file).status, 0);
  const whole = report("verify", file, "--data", data, "--json");
  assert.equal(whole.status, 0, whole.out + whole.err);
  const { ok, texts, sources } = JSON.parse(whole.out);
  assert.deepEqual([ok, texts, sources > 10], [true, true, true]);
  // A regulator has a copy of the ledger, and no keys.
  const outside = report("verify", file, "--data", copy);
  assert.equal(outside.status, 0, outside.out + outside.err);
  assert.match(outside.out, /cannot be opened here\n.*\nas the ledger says/);
  const text = readFileSync(file, "utf8");
  const forged = join(folder, "forged.json");
  writeFileSync(forged, text.replaceAll("6,788,334", "5,788,334"));
  const found = report("verify", forged, "--data", data);
  assert.equal(found.status, 10);
  assert.match(found.out, /said-otherwise: persons, line 1: .*5,788,334/);
  const content = JSON.parse(text) as Report;
  writeFileSync(forged, JSON.stringify({ ...content, ledgerSize: 3 }));
  assert.match(report("verify", forged, "--data", copy).out, /entry-later/);
});

test("sekisho report verify sees that a ledger was changed under a report", () => {
  const file = join(folder, "order.json");
  assert.equal(made("order", "--as-of", "2016-06-24", "--out", file).status, 0);
  const changed = join(folder, "changed");
  cpSync(copy, changed, { recursive: true });
  const bundle = join(changed, "tile/entries/000.p", String(caseRows()));
  const bytes = readFileSync(bundle, "latin1");
  assert.ok(bytes.includes('"value":6788334'));
  writeFileSync(bundle, bytes.replace('"value":6788334', '"value":6788335'), "latin1");
  const appi = join(folder, "appi.json");
  made("appi", "--as-of", "2016-06-24", "--out", appi);
  const found = report("verify", appi, "--data", changed);
  assert.equal(found.status, 10, found.out + found.err);
  assert.match(found.out, /entry-altered[^]*entry-unproven/);
  writeFileSync(bundle, bytes.replace('"value":6788334', '"value";6788334'), "latin1");
  const broken = report("verify", appi, "--data", changed);
  assert.equal(broken.status, 1);
  assert.match(broken.err, /Cannot read entry \d+ of the ledger\n {2}run: sekisho ledger verify/);
});
/** Entries of the case, which is the width of its only bundle. */
const caseRows = (): number => caseOf2016().rows.length + 3;

test("sekisho report schema prints what a JSON file holds", () => {
  const schema = JSON.parse(report("schema").out);
  assert.equal(schema.properties.format.const, "sekisho-report/1");
  assert.match(schema.properties.before.description, /goes on from/);
});

test("sekisho report diff tells what is new", () => {
  const [one, two] = [join(folder, "one.json"), join(folder, "two.json")];
  made("appi", "--as-of", "2016-06-10", "--out", one);
  made("appi", "--as-of", "2016-06-24", "--out", two);
  const { status, out } = report("diff", one, two, "--lang", "en");
  assert.equal(status, 0);
  assert.match(
    out,
    /Number of persons concerned {2}\[not yet known → known\]\n {2}- .*7,930,000[^]*\+ .*6,788,334/,
  );
  assert.equal(report("diff", one, one, "--lang", "en").out, "Both say the same.\n");
});

test("sekisho report writes HTML and PDF files, and the public page of what is allowed only", () => {
  const [html, pdf] = [join(folder, "page.html"), join(folder, "board.pdf")];
  const page = made("public", "--as-of", "2016-06-24", "--out", html, "--lang", "ja");
  assert.equal(page.status, 0, page.err);
  const text = readFileSync(html, "utf8");
  assert.ok(text.includes("0120-000-000") && text.includes("不審な通信"));
  assert.ok(!text.includes("標的型") && !text.includes("6,788,334"));
  const board = made("board", "--as-of", "2016-06-14", "--out", pdf);
  assert.equal(board.status, 0, board.err);
  assert.equal(readFileSync(pdf).subarray(0, 5).toString(), "%PDF-");
});

const refused: [argv: string[], status: number, message: RegExp][] = [
  [["appi"], 2, /--incident NUMBER/],
  [["novel", "--incident", "1"], 2, /there is no such report/],
  [["appi", "--incident", "1", "--kind", "novel", "--data", data], 2, /kind "novel"/],
  [["board", "--incident", "1", "--kind", "final", "--data", data], 2, /kind "final"/],
  [["appi", "--incident", "7", "--data", data], 1, /Cannot find incident 7[^]*there are: 1/],
  [["appi", "--incident", "1", "--data", data, "--as-of", "2016-01-01"], 1, /not open yet/],
  [["appi", "--incident", "1", "--data", data, "--as-of", "soon"], 2, /as a moment/],
  [["appi", "--incident", "1", "--data", data, "--format", "doc"], 2, /"doc"/],
  [["appi", "--incident", "1", "--data", data, "--format", "pdf"], 2, /--out FILE/],
  [["appi", "--incident", "1", "--data", data, "--time-zone", "Moon/Base"], 2, /Moon\/Base/],
  [["appi", "--incident", "1"], 2, /where the ledger is/],
  [["appi", "--incident", "1", "--data", folder], 1, /there is no checkpoint/],
  [["appi", "--incident", "1", "--data", copy], 1, /holds no keys/],
  [["partner", "--incident", "1", "--data", data], 2, /not named/],
  [["cost", "--incident", "1", "--data", data, "--assume", "luck=1"], 2, /luck/],
  [["cost", "--incident", "1", "--data", data, "--assume", "luck"], 2, /NAME=NUMBER/],
  [["gdpr", "--incident", "1", "--data", data, "--duty", "none"], 2, /duty "none"/],
  [["verify", "nowhere.json", "--data", data], 1, /nowhere.json/],
  [["verify"], 2, /without a JSON file/],
  [["diff", "one.json"], 2, /two JSON files/],
];
for (const [argv, status, message] of refused) {
  test(`sekisho report ${argv.join(" ").replaceAll(folder, "DIR")} ends with ${status}`, () => {
    const done = report(...argv);
    assert.equal(done.status, status, done.err);
    assert.match(done.err, message);
  });
}
