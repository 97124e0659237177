import { dirname, join } from "node:path";
import { SekishoError } from "../../lib/error.ts";
import { openDuck, quoteSql, type Duck } from "../../lib/openDuck.ts";
import { readCustomerMemo, type CustomerMemo } from "../job/customerMemo.ts";
import { linkState } from "../match/decideLinks.ts";
import { compareFields, type FieldPair } from "./compareFields.ts";
import { CountRange, type Graph, type Range, type Ruling } from "./countRange.ts";
import { CustomerRows, type CustomerRow } from "./customerRows.ts";
import { DecisionLog, type Decision, type Said, type Verdict } from "./decisions.ts";
import { openSealedFiles } from "./sealedFiles.ts";
import { jobNameOf, openPlainFiles, type JobFiles } from "./jobFiles.ts";
import { openGraph, openPlaces, type RecordPlaces } from "./openGraph.ts";
import { RecordFields, type FoundRecord } from "./recordFields.ts";

export const QUEUE_STATES = ["open", "decided", "all"] as const;
export type QueueState = (typeof QUEUE_STATES)[number];

/** A link that waits for people, or one that they have decided. */
export type QueueRow = {
  record: number;
  customer: string;
  weight: number;
  probability: number;
  explanation: string;
  explanationJa: string;
  /** What either answer changes in the count of persons. */
  effect: { same: Range; another: Range };
  decision: Decision | null;
};

export type ReviewSummary = {
  job: string;
  /** Persons as the machine left them, and with what people have said since. */
  machine: Range;
  now: Range;
  total: number;
  decided: Record<Verdict, number>;
  open: number;
  /** Decisions that are no longer about any link of this job. */
  without: number;
  /** Lines of the decisions that a stop cut off. */
  broken: number;
};

/** One record beside one customer. */
export type ReviewItem = {
  record: FoundRecord | null;
  customer: { id: string; row: CustomerRow | null } | null;
  /** Why the customer's row cannot be shown, where it cannot. */
  away: string | null;
  source: string;
  pairs: FieldPair[];
  link: {
    weight: number;
    probability: number;
    explanation: string;
    explanationJa: string;
    state: string;
  } | null;
  effect: { same: Range | null; another: Range | null };
  decision: Decision | null;
};

type LinkText = {
  record_id: number;
  customer_id: string;
  weight: number;
  probability: number;
  explanation: string;
  explanation_ja: string;
  state: string;
};

export const limits = { pageMax: 500, textsMax: 5_000, memoryBytes: 1024 ** 3 } as const;

/** The review of a finished job. One at a time in a process; others may review the same folder at once. */
export class ReviewJob {
  readonly files: JobFiles;
  readonly memo: CustomerMemo;
  readonly duck: Duck;
  readonly log: DecisionLog;
  readonly graph: Graph;
  readonly places: RecordPlaces;
  readonly name: string;
  readonly records: RecordFields;
  readonly customers: CustomerRows;
  readonly machine: Range;
  #count: CountRange;
  /** Places of links under review, those that change most first. */
  readonly #queue: Int32Array;
  /** Rows of customers that decisions name. */
  readonly #rowOf = new Map<string, number>();
  /** What the machine said of records that were asked for; null: no link. */
  readonly #texts = new Map<number, LinkText | null>();

  private constructor(
    parts: Pick<ReviewJob, "files" | "memo" | "duck" | "log" | "graph" | "places" | "name">,
  ) {
    this.files = parts.files;
    this.memo = parts.memo;
    this.duck = parts.duck;
    this.log = parts.log;
    this.graph = parts.graph;
    this.places = parts.places;
    this.name = parts.name;
    this.records = new RecordFields(parts.duck, parts.files);
    this.customers = new CustomerRows(parts.memo);
    this.#count = new CountRange(parts.graph);
    this.machine = this.#count.range;
    this.#queue = this.#order();
  }

  /** Opens a folder; `key`: the file with the key of a sealed one; `customers`: where their table is now. */
  static async open(out: string, options: { key?: string; customers?: string } = {}): Promise<ReviewJob> {
    const files = openSealedFiles(out, options.key ?? null) ?? openPlainFiles(out);
    let duck: Duck | null = null;
    try {
      const name = await jobNameOf(files);
      const memo = readCustomerMemo(dirname(await files.path("work/customers.json")));
      if (memo === null) {
        throw new SekishoError("conflict", `Cannot review ${out}: it does not say where its customers are`, {
          hint: "run the same sekisho scope command once more: what is done is not done again",
        });
      }
      duck = await openDuck({ memoryBytesMax: limits.memoryBytes });
      const log = new DecisionLog(join(out, "review", "decisions.jsonl"), name, files.lines);
      const places = await openPlaces(duck, files);
      const graph = await openGraph(files, memo);
      const told = options.customers === undefined ? memo : { ...memo, source: options.customers };
      const job = new ReviewJob({ files, memo: told, duck, log, graph, places, name });
      await job.#takeAll();
      return job;
    } catch (error) {
      await duck?.close();
      files.close();
      throw error;
    }
  }

  #order(): Int32Array {
    const { links } = this.graph;
    const places: number[] = [];
    for (let place = 0; place < links.row.length; place += 1)
      if (links.state[place] === linkState.review) places.push(place);
    const effects = new Map(
      places.map((place) => {
        const { same, another } = this.#effects(place, links.row[place] as number);
        return [place, another === null || same === null ? 0 : another.fewest - same.most];
      }),
    );
    places.sort(
      (one, other) =>
        (effects.get(other) as number) - (effects.get(one) as number) ||
        (links.probability[other] as number) - (links.probability[one] as number) ||
        one - other,
    );
    return Int32Array.from(places);
  }

  #effects(place: number, row: number): { same: Range | null; another: Range | null } {
    return {
      same: this.#count.effect(place, { verdict: "same", row }),
      another: this.#count.effect(place, { verdict: "another", row }),
    };
  }

  /** Takes in what stands in the log. */
  async #takeAll(): Promise<void> {
    this.log.refresh();
    const current = this.log.current();
    if (current.size === 0) return;
    await this.#findRows([...current.values()].flatMap(({ customer }) => customer ?? []));
    this.#count = new CountRange(this.graph, this.rulings());
  }

  /** Takes in what others have said since, before anything is answered. */
  async refresh(): Promise<void> {
    const changed = this.log.refresh();
    if (changed.size === 0) return;
    const decisions = [...changed].map((record) => [record, this.log.of(record)] as const);
    await this.#findRows(decisions.flatMap(([, decision]) => decision?.customer ?? []));
    for (const [record, decision] of decisions) {
      const place = this.places.placeOf(record);
      if (place >= 0) this.#count.rule(place, decision === null ? null : this.#rulingOf(decision));
    }
  }

  #rulingOf({ verdict, customer }: Decision): Ruling {
    return { verdict, row: customer === null ? -1 : (this.#rowOf.get(customer) ?? -1) };
  }

  /** What was said, by the records' places. */
  rulings(): Map<number, Ruling> {
    const rulings = new Map<number, Ruling>();
    for (const [record, decision] of this.log.current()) {
      const place = this.places.placeOf(record);
      if (place >= 0) rulings.set(place, this.#rulingOf(decision));
    }
    return rulings;
  }

  async #findRows(customers: readonly string[]): Promise<void> {
    const missing = [...new Set(customers)].filter((one) => !this.#rowOf.has(one));
    if (missing.length === 0) return;
    const table = await this.files.table(this.duck, join(this.memo.index, "now/attributes.parquet"), {
      rowNumber: true,
    });
    await this.duck.run("CREATE OR REPLACE TEMP TABLE asked (customer_id VARCHAR)");
    for (let from = 0; from < missing.length; from += 1_000) {
      const values = missing.slice(from, from + 1_000).map((one) => `(${quoteSql(one)})`);
      await this.duck.run(`INSERT INTO asked VALUES ${values.join(",")}`);
    }
    const found = await this.duck.rows<{ customer_id: string; row: number }>(
      `SELECT customer_id, min(file_row_number) AS row
         FROM ${table} SEMI JOIN asked USING (customer_id) GROUP BY 1`,
    );
    for (const { customer_id, row } of found) this.#rowOf.set(customer_id, row);
  }

  /** How far the review is, and what it has come to. */
  async summary(): Promise<ReviewSummary> {
    await this.refresh();
    const decided = { same: 0, another: 0, unclear: 0 };
    let without = 0;
    for (const [record, { verdict, in: from }] of this.log.current()) {
      const place = this.places.placeOf(record);
      const waits = place >= 0 && this.graph.links.state[place] === linkState.review;
      if (waits) decided[verdict] += 1;
      else if (place < 0 || from === "queue") without += 1;
    }
    const total = this.#queue.length;
    return {
      job: this.name,
      machine: this.machine,
      now: this.#count.range,
      total,
      decided,
      open: total - decided.same - decided.another - decided.unclear,
      without,
      broken: this.log.broken,
    };
  }

  /** Links under review: by what an answer changes, then by their chance. */
  async queue(of: {
    state: QueueState;
    offset: number;
    limit: number;
  }): Promise<{ total: number; rows: QueueRow[] }> {
    await this.refresh();
    const current = this.log.current();
    const wanted: number[] = [];
    for (const place of this.#queue) {
      const isDecided = current.has(this.places.recordAt(place));
      if (of.state === "all" || isDecided === (of.state === "decided")) wanted.push(place);
    }
    const page = wanted.slice(of.offset, of.offset + Math.min(of.limit, limits.pageMax));
    const texts = await this.#linkTexts(page.map((place) => this.places.recordAt(place)));
    const rows = page.flatMap((place): QueueRow[] => {
      const record = this.places.recordAt(place);
      const text = texts.get(record);
      if (text === undefined) return [];
      const { same, another } = this.#effects(place, this.graph.links.row[place] as number);
      return [
        {
          record,
          customer: text.customer_id,
          weight: text.weight,
          probability: text.probability,
          explanation: text.explanation,
          explanationJa: text.explanation_ja,
          effect: { same: same as Range, another: another as Range },
          decision: current.get(record) ?? null,
        },
      ];
    });
    return { total: wanted.length, rows };
  }

  /** Records that come behind this one in the queue. */
  after(record: number, count: number): number[] {
    const at = this.#queue.indexOf(this.places.placeOf(record));
    if (at < 0) return [];
    return Array.from(this.#queue.subarray(at + 1, at + 1 + count), (place) => this.places.recordAt(place));
  }

  /** The machine's links: as it left them, also after decisions were applied. */
  async linksTable(): Promise<string> {
    const before = `review/before-${this.name}/links.parquet`;
    return this.files.table(this.duck, this.files.has(before) ? before : "links.parquet");
  }

  async #linkTexts(records: readonly number[]): Promise<Map<number, LinkText>> {
    const kept = this.#texts;
    const missing = records.filter((record) => !kept.has(record));
    if (missing.length > 0) {
      const rows = await this.duck.rows<LinkText>(
        `SELECT record_id, customer_id, weight, probability, explanation, explanation_ja, state
           FROM ${await this.linksTable()} WHERE record_id IN (${missing.join(",")})`,
      );
      if (kept.size + missing.length > limits.textsMax) kept.clear();
      for (const record of missing) kept.set(record, null);
      for (const row of rows) kept.set(row.record_id, row);
    }
    return new Map(
      records.flatMap((record) => {
        const text = kept.get(record) ?? null;
        return text === null ? [] : [[record, text] as const];
      }),
    );
  }

  /**
   * One record beside its customer, or beside another one who is named. `along`: records that will be asked
   * for next, since one look fetches many.
   */
  async item(
    record: number,
    options: { customer?: string; along?: readonly number[] } = {},
  ): Promise<ReviewItem> {
    await this.refresh();
    const place = this.places.placeOf(record);
    if (place < 0) {
      throw new SekishoError("not-found", `Cannot show record ${record}: the job has no such record`, {
        hint: "see the records that wait: sekisho scope review OUT list",
      });
    }
    const along = [...(options.along ?? [])];
    const texts = await this.#linkTexts([record, ...along]);
    const text = texts.get(record) ?? null;
    const id = options.customer ?? text?.customer_id ?? null;
    const nextCustomers = along.flatMap((one) => texts.get(one)?.customer_id ?? []);
    const [found, { rows, away }] = await Promise.all([
      this.records.get([record], along),
      id === null
        ? { rows: new Map<string, CustomerRow>(), away: null }
        : this.customers.get([id], nextCustomers),
    ]);
    const row = id === null ? null : (rows.get(id) ?? null);
    if (id !== null) await this.#findRows([id]);
    const at = id === null ? -1 : (this.#rowOf.get(id) ?? -1);
    const kept = found.get(record) ?? null;
    return {
      record: kept,
      customer: id === null ? null : { id, row },
      away: away ?? (id !== null && row === null ? "the row is no longer in the table" : null),
      source: this.customers.source,
      pairs: compareFields(kept?.fields ?? [], row),
      link:
        text === null || text.customer_id !== id
          ? null
          : {
              weight: text.weight,
              probability: text.probability,
              explanation: text.explanation,
              explanationJa: text.explanation_ja,
              state: text.state,
            },
      effect: at < 0 ? { same: null, another: null } : this.#effects(place, at),
      decision: this.log.of(record),
    };
  }

  /**
   * Keeps a decision; gives it with the count after it. Throws not-found for a record or customer of no
   * job.
   */
  async decide(said: Said): Promise<{ decision: Decision; before: Range; now: Range }> {
    if (this.places.placeOf(said.record) < 0) {
      throw new SekishoError(
        "not-found",
        `Cannot decide on record ${said.record}: the job has no such record`,
        {
          hint: "see the records that wait: sekisho scope review OUT list",
        },
      );
    }
    if (said.customer !== null) {
      await this.#findRows([said.customer]);
      if (!this.#rowOf.has(said.customer)) {
        throw new SekishoError("not-found", "Cannot decide on this customer: the table has no such key", {
          hint: "name the key of a customer of the table that the job was matched with",
        });
      }
    } else if (said.verdict === "same") {
      throw new SekishoError("usage", "Cannot say that a record is the same person as nobody", {
        hint: "name the customer",
      });
    }
    await this.refresh();
    const before = this.#count.range;
    const decision = this.log.decide(said);
    await this.refresh();
    return { decision, before, now: this.#count.range };
  }

  /** Takes a decision back, or one's own last one; gives the count after it. */
  async undo(id: string | null, by: string): Promise<{ decision: Decision; now: Range }> {
    await this.refresh();
    const wanted = id ?? this.log.lastOf(by)?.id;
    if (wanted === undefined) {
      throw new SekishoError("not-found", "Cannot undo: nothing that you decided stands", {
        hint: "decide first",
      });
    }
    const decision = this.log.undo(wanted, by);
    await this.refresh();
    return { decision, now: this.#count.range };
  }

  async close(): Promise<void> {
    await this.customers.close();
    await this.duck.close();
    this.files.close();
  }
}
