import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { SekishoError } from "../../lib/error.ts";
import { applyReview } from "../../scope/review/applyReview.ts";
import { findCandidates } from "../../scope/review/candidates.ts";
import type { Decision } from "../../scope/review/decisions.ts";
import { ReviewJob, type ReviewItem, type ReviewSummary } from "../../scope/review/reviewJob.ts";
import { drawSample, estimate, readSample, SAMPLES } from "../../scope/review/sampling.ts";
import { handOver, readHandedOver, type Receiver } from "../../scope/handOver/handOver.ts";
import type { LedgerService, Person } from "../services.ts";
import { countsOf, folderOfJob, listJobs, readCounts, rowOfJob } from "./scopeJobs.ts";
import type {
  ScopeAnswer,
  ScopeDecision,
  ScopeEstimate,
  ScopeList,
  ScopePairRow,
  ScopePairView,
  ScopeReviewSummary,
  ScopeService,
} from "./scopeTypes.ts";

export const limits = {
  /** Jobs that are kept open at once, and how long after the last question: a large one holds a gigabyte. */
  openMax: 2,
  idleMs: 15 * 60_000,
  /** Pairs that are fetched with the one that is looked at. */
  along: 20,
  decisionsOfAJobMax: 5_000_000,
} as const;

export type ScopeServiceOptions = {
  /** Jobs lie below `scope/` in it; the key of sealed ones is `keys/scope.key`. */
  dataFolder: string;
  record: LedgerService["record"];
  /** Where a job is handed over to. */
  receiver: () => Promise<Receiver>;
  /** Names of persons by their ids, for "decided by". */
  nameOf?: (person: string) => Promise<string | null>;
};

type Opened = { job: ReviewJob; stamp: number; usedAt: number };

/** The scope as the pages see it: jobs, counts, and the review of doubtful links. */
export function createScopeService(options: ScopeServiceOptions): ScopeService & { close(): Promise<void> } {
  const service = new Scope(options);
  return {
    jobs: async () => listJobs(service.folder),
    job: (name) => service.job(name),
    pairs: (name, of) => service.with(name, (job) => service.pairs(job, of)),
    open: (name, pair, viewer) => service.open(name, pair, viewer),
    decide: (name, answer, person) => service.decide(name, answer, person),
    undo: (name, id, person) => service.undo(name, id, person),
    apply: (name, person) => service.apply(name, person),
    handOver: (name, person) => service.handOver(name, person),
    estimates: (name) => service.with(name, estimatesOf),
    drawSample: (name, sample, person) => service.draw(name, sample, person),
    report: async (name) => reportOf(folderOfJob(service.folder, name)),
    close: () => service.close(),
  };
}

class Scope {
  readonly folder: string;
  readonly #options: ScopeServiceOptions;
  readonly #opened = new Map<string, Opened>();
  /** One question at a time: a job's database is one. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: ScopeServiceOptions) {
    this.#options = options;
    this.folder = join(options.dataFolder, "scope");
  }

  /** Asks an open job, in turn. */
  with<T>(name: string, act: (job: ReviewJob) => Promise<T>): Promise<T> {
    const run = this.#turn.then(async () => act(await this.#open(name)));
    this.#turn = run.catch(() => {});
    return run;
  }

  async #open(name: string): Promise<ReviewJob> {
    const folder = folderOfJob(this.folder, name);
    const stamp = stampOf(folder);
    const held = this.#opened.get(name);
    if (held !== undefined && held.stamp === stamp) {
      held.usedAt = Date.now();
      return held.job;
    }
    await this.#drop((one) => one === name);
    const byAge = [...this.#opened].toSorted(([, one], [, other]) => other.usedAt - one.usedAt);
    const old = new Set(byAge.slice(limits.openMax - 1).map(([one]) => one));
    await this.#drop((one, { usedAt }) => old.has(one) || Date.now() - usedAt > limits.idleMs);
    const key = join(this.#options.dataFolder, "keys", "scope.key");
    const job = await ReviewJob.open(folder, existsSync(key) ? { key } : {});
    this.#opened.set(name, { job, stamp, usedAt: Date.now() });
    return job;
  }

  async #drop(which: (name: string, opened: Opened) => boolean): Promise<void> {
    for (const [name, opened] of this.#opened) {
      if (!which(name, opened)) continue;
      this.#opened.delete(name);
      await opened.job.close();
    }
  }

  async job(name: string): ReturnType<ScopeService["job"]> {
    const folder = folderOfJob(this.folder, name);
    const row = rowOfJob(folder, name);
    const hasReport = existsSync(join(folder, "report.html"));
    if (row.state !== "done" && row.state !== "sealed")
      return { ...row, counts: null, review: null, hasReport };
    return this.with(name, async (job) => {
      const counts = readCounts(await job.files.path("counts.json"));
      const review = summaryOf(await job.summary());
      if (counts === null) return { ...row, counts: null, review, hasReport };
      const { fewest, most } = counts.persons;
      const told = countsOf(counts, readHandedOver(folder));
      return {
        ...row,
        range: { fewest, most },
        records: told.records.found,
        counts: told,
        review,
        hasReport,
      };
    });
  }

  async pairs(
    job: ReviewJob,
    { list, offset, limit }: { list: ScopeList; offset: number; limit: number },
  ): ReturnType<ScopeService["pairs"]> {
    if (list === "precision" || list === "recall") {
      await job.refresh();
      const sample = await readSample(job, list);
      // In an order that says nothing of the stratum.
      const records = (sample?.strata ?? [])
        .flatMap((one) => one.records)
        .toSorted((one, other) => one - other);
      const page = records.slice(offset, offset + limit);
      const rows = page.map((record): Promise<ScopePairRow> => this.#plainRow(job, record));
      return { total: records.length, rows: await Promise.all(rows) };
    }
    const { total, rows } = await job.queue({ state: list, offset, limit });
    return {
      total,
      rows: await Promise.all(
        rows.map(async (row) => ({
          record: row.record,
          probability: row.probability,
          weight: row.weight,
          because: { en: row.explanation, ja: row.explanationJa },
          decision: await this.#decisionOf(row.decision),
        })),
      ),
    };
  }

  async #plainRow(job: ReviewJob, record: number): Promise<ScopePairRow> {
    const decision = await this.#decisionOf(job.log.of(record));
    return { record, probability: null, weight: null, because: null, decision };
  }

  async #decisionOf(decision: Decision | null): Promise<ScopeDecision | null> {
    if (decision === null) return null;
    const { id, verdict, by, at, reason } = decision;
    const person = by.startsWith("person/") ? by.slice("person/".length) : null;
    const byName = person === null ? by : ((await this.#options.nameOf?.(person)) ?? by);
    return { id, verdict, by, byName, at, reason };
  }

  async open(
    name: string,
    { record, customer }: { record: number; customer: string | null },
    viewer: Person,
  ): Promise<ScopePairView> {
    await this.with(name, async (job) => requireRecord(job, record));
    await this.#options.record({
      kind: "observed",
      code: "scope-pair-viewed",
      by: `person/${viewer.id}`,
      about: { scope: name, record: String(record) },
    });
    return this.with(name, async (job) => {
      const along = await neighbours(job, record);
      const asked = await job.item(record, { ...(customer === null ? {} : { customer }), along });
      const candidates = asked.link === null ? await findCandidates(job, record) : [];
      const [nearest] = candidates;
      // Who has no link is shown beside who comes nearest, until another one is asked for.
      const alone = asked.customer === null && nearest !== undefined;
      const item = alone ? await job.item(record, { customer: nearest }) : asked;
      const decision = await this.#decisionOf(item.decision);
      return { ...viewOf(item, record), candidates, decision };
    });
  }

  async decide(name: string, answer: ScopeAnswer, person: Person): ReturnType<ScopeService["decide"]> {
    const { decision, review } = await this.with(name, async (job) => {
      const kept = await job.decide({ ...answer, by: `person/${person.id}` });
      return { decision: kept.decision, review: summaryOf(await job.summary()) };
    });
    await this.#options.record({
      kind: "decided",
      code: "scope-link-decided",
      by: `person/${person.id}`,
      about: { scope: name, record: String(answer.record), decision: decision.id },
      data: { verdict: answer.verdict, in: answer.in, fewest: review.now.fewest, most: review.now.most },
    });
    return { decision: (await this.#decisionOf(decision)) as ScopeDecision, review };
  }

  async undo(name: string, id: string | null, person: Person): ReturnType<ScopeService["undo"]> {
    const { decision, review } = await this.with(name, async (job) => {
      const undone = await job.undo(id, `person/${person.id}`);
      return { decision: undone.decision, review: summaryOf(await job.summary()) };
    });
    await this.#options.record({
      kind: "decided",
      code: "scope-decision-undone",
      by: `person/${person.id}`,
      about: { scope: name, record: String(decision.record), decision: decision.id },
      data: { fewest: review.now.fewest, most: review.now.most },
    });
    return { record: decision.record, review };
  }

  async apply(name: string, person: Person): ReturnType<ScopeService["apply"]> {
    const { review } = await this.with(name, applyReview);
    const { now: range, confirmed, removed, added, decisions } = review;
    await this.#options.record({
      kind: "enforced",
      code: "scope-review-applied",
      by: `person/${person.id}`,
      about: { scope: name },
      data: { ...range, confirmed, removed, added, decisions },
    });
    return { range, confirmed, removed, added };
  }

  async handOver(name: string, person: Person): ReturnType<ScopeService["handOver"]> {
    const receiver = await this.#options.receiver();
    const { entry, groups } = await this.with(name, (job) =>
      handOver(job, receiver, { name, by: `person/${person.id}` }),
    );
    return { entry: entry.id, groups };
  }

  async draw(
    name: string,
    { kind, size, again }: Parameters<ScopeService["drawSample"]>[1],
    person: Person,
  ): Promise<ScopeEstimate> {
    const { told, seed } = await this.with(name, async (job) => {
      const drawn = await drawSample(job, kind, { size, again, by: `person/${person.id}` });
      return { told: (await estimate(job, kind)) as ScopeEstimate, seed: drawn.seed };
    });
    await this.#options.record({
      kind: "decided",
      code: "scope-sample-drawn",
      by: `person/${person.id}`,
      about: { scope: name },
      data: { sample: kind, size: told.size, seed },
    });
    return told;
  }

  async close(): Promise<void> {
    await this.#turn;
    await this.#drop(() => true);
  }
}

function requireRecord(job: ReviewJob, record: number): void {
  if (job.places.placeOf(record) >= 0) return;
  throw new SekishoError("not-found", "Cannot open this pair: the job has no such record", {
    hint: "go back to the list",
  });
}

/** Says that the job was made anew since; decisions do not change it. */
function stampOf(folder: string): number {
  const places = ["sealed.json", "work/job.json", "work/matched.bin"].map((name) => join(folder, name));
  return places.reduce((sum, place) => sum + (statSync(place, { throwIfNoEntry: false })?.mtimeMs ?? 0), 0);
}

async function neighbours(job: ReviewJob, record: number): Promise<number[]> {
  for (const kind of SAMPLES) {
    const records = (await readSample(job, kind))?.strata.flatMap((one) => one.records) ?? [];
    const at = records.indexOf(record);
    if (at >= 0) return records.slice(at + 1, at + 1 + limits.along);
  }
  return job.after(record, limits.along);
}

async function estimatesOf(job: ReviewJob): Promise<ScopeEstimate[]> {
  const estimates: ScopeEstimate[] = [];
  for (const kind of SAMPLES) {
    const told = await estimate(job, kind);
    if (told !== null) estimates.push(told);
  }
  return estimates;
}

function summaryOf({
  machine,
  now,
  total,
  open,
  decided,
  without,
  broken,
}: ReviewSummary): ScopeReviewSummary {
  return { machine, now, total, open, decided, without, broken };
}

function viewOf(item: ReviewItem, record: number): Omit<ScopePairView, "candidates" | "decision"> {
  const { link, record: found } = item;
  return {
    record,
    place:
      found === null
        ? null
        : {
            source: found.source,
            path: found.path,
            offset: found.offset,
            line: found.line,
            encoding: found.encoding,
            part: found.part,
          },
    customer: item.customer?.id ?? null,
    away: item.away,
    source: item.source,
    fields: item.pairs,
    link:
      link === null
        ? null
        : {
            weight: link.weight,
            probability: link.probability,
            because: { en: link.explanation, ja: link.explanationJa },
            state: link.state,
          },
    effect: item.effect,
  };
}

function reportOf(folder: string): Uint8Array {
  const file = join(folder, "report.html");
  if (existsSync(file)) return readFileSync(file);
  throw new SekishoError("not-found", "Cannot find the report of this job", {
    hint: "make it: sekisho scope report OUT",
  });
}
