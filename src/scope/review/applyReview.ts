import { readFileSync } from "node:fs";
import { join } from "node:path";
import { quoteSql } from "../../lib/openDuck.ts";
import { openIndex } from "../job/customerIndex.ts";
import type { ScopeResult } from "../job/runScope.ts";
import { stageColumns, stageOutputs } from "../job/stageOutputs.ts";
import { ownThread, writePersonFiles } from "../job/writeOutputs.ts";
import { gatherPersons } from "../persons/gatherPersons.ts";
import { figuresOf } from "../report/linkFigures.ts";
import { reportFiles } from "../report/writeReport.ts";
import { SignatureTable } from "../signatures/columns.ts";
import { ruledLinks, type Range } from "./countRange.ts";
import type { Decision } from "./decisions.ts";
import type { ReviewJob } from "./reviewJob.ts";

/** What a review did to the outputs; `counts.json` holds it too. */
export type Applied = {
  at: string;
  decisions: number;
  confirmed: number;
  removed: number;
  /** Links to a customer whom the machine had not found. */
  added: number;
  unclear: number;
  machine: Range;
  now: Range;
};

/** The counts of a job after its review. */
export type ReviewedResult = ScopeResult & { review: Applied };

const outputs = ["links.parquet", "persons.parquet", "counts.json"] as const;

/**
 * Makes links, persons, counts and the report anew with what people have decided in them. What the machine
 * had said stays in `review/before-JOB/`, and every later version begins from it: a decision taken back
 * leaves no trace but in the log. Each file is replaced whole; counts.json comes last and says of which
 * decisions the others are.
 */
export async function applyReview(job: ReviewJob): Promise<ReviewedResult> {
  await job.refresh();
  const { files, duck, graph } = job;
  const before = `review/before-${job.name}`;
  await keepBefore(job, before);
  const rulings = job.rulings();
  const links = ruledLinks(graph.links, rulings);
  const { customers, customerEdges, recordEdges } = graph;
  const persons = gatherPersons(links, { customers, customerEdges, recordEdges });
  const index = openIndex(await files.folder(job.memo.index, duck));
  const { records, recordIds } = await loadRecords(job);
  const counts = JSON.parse(readFileSync(await files.path(`${before}/counts.json`), "utf8")) as ScopeResult;
  const work = files.work();
  const exclude = counts.excluded.of;
  const columns = await stageColumns({ index, records, pool: ownThread });
  const at = Temporal.PlainDate.from(counts.at);
  const staged = await stageOutputs({ columns, recordIds, links, persons, exclude, at, pool: ownThread });
  const made = await writePersonFiles(staged, { work, out: work, pool: ownThread });
  const decisions = [...job.log.current().values()];
  await stageDecisions(job, decisions);
  await files.write(duck, "links.parquet", await linksSql(job));
  await files.adopt(duck, "persons.parquet", join(work, "persons.parquet.part"));
  const range = { fewest: persons.fewest, most: persons.count };
  const review = summarize(decisions, { graph, rulings, machine: job.machine, now: range });
  const result: ReviewedResult = {
    ...counts,
    ...made.counted,
    excluded: { persons: made.excluded, of: exclude },
    persons: { ...range, matched: persons.count - persons.unmatched, notCustomers: persons.unmatched },
    review,
  };
  const figures = await figuresOf(duck, {
    links: await files.table(duck, "links.parquet"),
    persons: await files.table(duck, "persons.parquet"),
  });
  for (const { name, text } of reportFiles(result, figures)) files.put(name, Buffer.from(text));
  files.put("counts.json", Buffer.from(`${JSON.stringify(result, null, 2)}\n`));
  return result;
}

/** Keeps what the machine said, once. */
async function keepBefore({ files, duck }: ReviewJob, before: string): Promise<void> {
  if (files.has(`${before}/counts.json`)) return;
  for (const name of outputs) {
    if (name === "counts.json") files.put(`${before}/${name}`, readFileSync(await files.path(name)));
    else await files.copy(duck, name, `${before}/${name}`);
  }
}

/** Of the records only what is counted: items, days, and their numbers in the outputs. */
async function loadRecords({
  files,
  duck,
  places,
}: ReviewJob): Promise<{ records: SignatureTable; recordIds: BigInt64Array }> {
  const table = await files.table(duck, "work/person_of.parquet", { rowNumber: true });
  const records = new SignatureTable(places.count);
  const recordIds = new BigInt64Array(places.count);
  const rows = duck.stream<{
    place: number;
    record_id: number;
    items: number;
    born: number;
    expires: number;
  }>(`SELECT file_row_number AS place, record_id, items, born, expires FROM ${table}`);
  for await (const batch of rows) {
    for (const { place, record_id, items, born, expires } of batch) {
      recordIds[place] = BigInt(record_id);
      records.set(place, "items", items);
      records.set(place, "born", born);
      records.set(place, "expires", expires);
    }
  }
  return { records, recordIds };
}

async function stageDecisions({ duck }: ReviewJob, decisions: readonly Decision[]): Promise<void> {
  await duck.run(
    `CREATE OR REPLACE TEMP TABLE decided
       (record_id BIGINT, chosen VARCHAR, verdict VARCHAR, decided_by VARCHAR, decided_at VARCHAR)`,
  );
  for (let from = 0; from < decisions.length; from += 500) {
    const rows = decisions.slice(from, from + 500).map(({ record, customer, verdict, by, at }) => {
      const texts = [verdict, by, at].map(quoteSql).join(", ");
      return `(${record}, ${customer === null ? "NULL" : quoteSql(customer)}, ${texts})`;
    });
    await duck.run(`INSERT INTO decided VALUES ${rows.join(",")}`);
  }
}

/** The machine's links with what was decided of them, and links that only people made. */
async function linksSql(job: ReviewJob): Promise<string> {
  const machine = await job.linksTable();
  return `
    SELECT l.* REPLACE (CASE
        WHEN d.verdict = 'same' AND d.chosen = l.customer_id THEN 'certain'
        WHEN d.verdict = 'same' OR (d.verdict = 'another' AND d.chosen = l.customer_id) THEN 'removed'
        ELSE l.state END AS state),
      CASE WHEN d.chosen = l.customer_id THEN d.verdict END AS review, d.decided_by, d.decided_at
    FROM ${machine} l LEFT JOIN decided d USING (record_id)
    UNION ALL
    SELECT d.record_id, d.chosen AS customer_id, NULL AS weight, NULL AS probability, NULL AS pattern,
      'linked by a reviewer' AS explanation, '担当者が照合' AS explanation_ja, 'certain' AS state,
      d.verdict AS review, d.decided_by, d.decided_at
    FROM decided d ANTI JOIN ${machine} l ON l.record_id = d.record_id AND l.customer_id = d.chosen
    WHERE d.verdict = 'same'`;
}

function summarize(
  decisions: readonly Decision[],
  of: Pick<ReviewJob, "graph" | "machine"> & {
    rulings: ReadonlyMap<number, { verdict: string; row: number }>;
    now: Range;
  },
): Applied {
  const { row: rows } = of.graph.links;
  const tally = { confirmed: 0, removed: 0, added: 0, unclear: 0 };
  for (const [place, { verdict, row }] of of.rulings) {
    if (verdict === "unclear") tally.unclear += 1;
    else if (verdict === "same" && row >= 0) tally[rows[place] === row ? "confirmed" : "added"] += 1;
    else if (verdict === "another" && row >= 0 && rows[place] === row) tally.removed += 1;
  }
  const at = Temporal.Now.instant().toString({ smallestUnit: "second" });
  return { at, decisions: decisions.length, ...tally, machine: of.machine, now: of.now };
}
