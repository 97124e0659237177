import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { RawClient } from "../gates/records/rawClient.ts";
import type { LedgerRow } from "../station/services.ts";
import type { Act, ActResult, Stage } from "./act.ts";
import { gatherIncidents } from "./gatherIncidents.ts";

/**
 * Act three: with an operator's rights, from the infected PC, the results database is read out by every way
 * that a client has; the BI account is misused; a file is made on the server and deleted within a second. In
 * 2016 about 7.93 million records left. Here it must be a hundred customers and a canary, and the file must
 * lie in evidence.
 */
export const actRecords: Act = { name: "records", title: "2016-03-21: the customers are copied", play };

export const budget = 100;

/** What the attacker sends as the operator, one session after another. */
const ways: Record<string, readonly string[]> = {
  "SELECT *": ["select * from customers"],
  COPY: ["copy customers to stdout with (format csv)"],
  string_agg: ["select string_agg(name || email || passport_no, ',') from customers"],
  json: ["select json_agg(c) from customers c"],
  "error text": Array.from(
    { length: 40 },
    (_, at) => `select email::int from customers where id = ${at * 7 + 9_000}`,
  ),
  cursor: [
    "begin",
    "declare c cursor for select id, name, email from customers order by id desc",
    ...Array.from({ length: 20 }, () => "fetch 50 from c"),
    "commit",
  ],
  "file on the server": ["copy customers to '/tmp/sekisho-e20160321'"],
  "copy of the table": ["create table product_cache as select * from customers"],
};

async function play(stage: Stage): Promise<ActResult> {
  const started = performance.now();
  const { database } = stage;
  if (database === null) {
    const figures = { played: `no: ${stage.noDatabase ?? "no database"}` };
    return { act: "records", ok: true, seconds: 0, figures, problems: [] };
  }
  const problems: string[] = [];
  const place = { port: database.port, database: database.name };
  const leaked = new Set<string>();
  const since = new Date().toISOString();
  const operator = await readOut(place, "operator_tanaka", leaked);
  stage.tell(
    `the operator's account: ${leaked.size} of ${database.customers} customers in ${operator.sessions} ways`,
  );
  const firstStop = await firstEntry(stage, ["statement-cut", "statement-refused"], since);
  const before = leaked.size;
  const bi = await misuseReports(place, leaked);
  const kept = await stageFile(stage, database.watched, since);
  await gatherIncidents(stage);
  const canaries = await entriesSince(stage, "records-judged", since).then((rows) =>
    rows.filter(({ entry }) => JSON.stringify(entry.data).includes("canary-read")),
  );
  const real = [...leaked].filter((id) => !database.canaries.includes(id)).length;
  if (real > budget) problems.push(`${real} customers were read, more than ${budget}`);
  if (real < budget) problems.push(`the gate is too strict: an operator could read ${real} of ${budget}`);
  if (leaked.size !== before) problems.push("the BI account's misuse gave out customers");
  if (!bi.report) problems.push("the BI tool's own report did not run");
  if (database.canaries.length > 0 && canaries.length === 0) problems.push("no canary rang");
  if (kept === null) problems.push("the staged file is not in evidence");
  return {
    act: "records",
    ok: problems.length === 0,
    seconds: (performance.now() - started) / 1000,
    figures: {
      customersInDatabase: database.customers,
      customersRead: real,
      canariesRead: leaked.size - real,
      canariesRang: canaries.length,
      waysTried: operator.sessions + 1,
      stoppedFirstMs: firstStop === null ? "never" : Math.round(firstStop - operator.beganAt),
      ownReportsGoOn: bi.report,
      stagedFileKept: kept?.records ?? "no",
      stagedFileSeenSeconds: kept?.seenSeconds ?? "never",
    },
    problems,
  };
}

type Place = { port: number; database: string };

async function readOut(
  place: Place,
  user: string,
  leaked: Set<string>,
): Promise<{ sessions: number; beganAt: number }> {
  const beganAt = Date.now();
  for (const texts of Object.values(ways)) {
    const raw = await RawClient.open({ ...place, user });
    for (const text of texts) await raw.query(text);
    for (const id of customersIn(raw)) leaked.add(id);
    raw.close();
  }
  return { sessions: Object.keys(ways).length, beganAt };
}

/** Keys of customers whose rows reached the client. */
function customersIn(raw: RawClient): string[] {
  return raw.firstColumns.filter((text) => /^\d{1,12}$/.test(text));
}

/** The BI tool's written report still runs; another statement in its name does not. */
async function misuseReports(place: Place, leaked: Set<string>): Promise<{ report: boolean }> {
  const raw = await RawClient.open({ ...place, user: "bi_report" });
  await raw.query("select site, count(*) from bookings where booked_at >= '2016-01-01' group by site");
  const report = /rurubu/.test(raw.text);
  raw.forget();
  for (const text of ["select * from customers", "select email from customers", "copy customers to stdout"])
    await raw.query(text);
  for (const id of customersIn(raw)) leaked.add(id);
  raw.close();
  return { report };
}

/** The file of 2016-03-21: no extension, in CSV, deleted within the second. */
async function stageFile(
  stage: Stage,
  folder: string,
  since: string,
): Promise<{ records: string; seenSeconds: number } | null> {
  const client = await stage.database?.connect();
  if (client === undefined) return null;
  const { rows } = await client.query<Record<string, string>>(
    "select id, name, kana, birth_date::text, email, phone, address, passport_no from customers limit 20000",
  );
  await client.end();
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `e${Date.now().toString(36)}`);
  const writtenAt = Date.now();
  writeFileSync(path, rows.map((row) => `${Object.values(row).join(",")}\n`).join(""));
  await new Promise((resolve) => setTimeout(resolve, 400));
  rmSync(path);
  const [seen] = await waitFor(() => entriesSince(stage, "file-seen", since), 15_000);
  if (seen === undefined || seen.entry.evidence.length < 2) return null;
  stage.tell(
    `the file was deleted after 0.4 s; ${String(seen.entry.data["records"])} records of it lie in evidence`,
  );
  const seenSeconds = Math.max(0, Date.parse(seen.entry.at) - writtenAt) / 1_000;
  return { records: `${String(seen.entry.data["records"])} records`, seenSeconds };
}

async function entriesSince(stage: Stage, code: string, since: string): Promise<LedgerRow[]> {
  const { rows } = await stage.station.services.ledger.search({ code, since, limit: 200 });
  return rows;
}

async function firstEntry(stage: Stage, codes: readonly string[], since: string): Promise<number | null> {
  const found = await waitFor(async () => {
    const rows = await Promise.all(codes.map((code) => entriesSince(stage, code, since)));
    return rows.flat();
  }, 10_000);
  const times = found.map(({ entry }) => Date.parse(entry.at));
  return times.length === 0 ? null : Math.min(...times);
}

async function waitFor(look: () => Promise<LedgerRow[]>, milliseconds: number): Promise<LedgerRow[]> {
  const until = performance.now() + milliseconds;
  for (;;) {
    const rows = await look();
    if (rows.length > 0 || performance.now() > until) return rows;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
