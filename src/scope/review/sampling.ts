import { randomBytes } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { z } from "zod";
import { SekishoError } from "../../lib/error.ts";
import { kind } from "../fields/kinds.ts";
import { linkState } from "../match/decideLinks.ts";
import type { Decision } from "./decisions.ts";
import { stratifiedShare, type Interval } from "./intervals.ts";
import type { ReviewJob } from "./reviewJob.ts";

export const SAMPLES = ["precision", "recall"] as const;
export type SampleKind = (typeof SAMPLES)[number];

const Sample = z.strictObject({
  kind: z.enum(SAMPLES),
  job: z.string(),
  /** From it the same sample is drawn again. */
  seed: z.string(),
  drawnAt: z.string(),
  drawnBy: z.string(),
  strata: z.array(z.strictObject({ name: z.string(), size: z.int(), records: z.array(z.int()) })),
});
export type Sample = z.infer<typeof Sample>;

export const limits = { sizeMin: 10, sizeMax: 5_000, perStratumMin: 10 } as const;

/** Strata of certain links, by their weight: mistakes lie among the light ones. */
const weights = [
  { name: "below +15", from: Number.NEGATIVE_INFINITY },
  { name: "+15 to +25", from: 15 },
  { name: "+25 to +40", from: 25 },
  { name: "from +40", from: 40 },
] as const;

/** Strata of records without a link whose person could be told: by what they hold. */
const contents = ["mail, telephone or passport", "name and birth date or address"] as const;

const bit = (...names: (keyof typeof kind)[]): number =>
  names.reduce((bits, name) => bits | (2 ** kind[name]), 0);
const contact = bit("email", "phone", "passport");
const anyName = bit("name", "kana", "roman-name");
const beside = bit("birth-date", "address", "postal-code");

type Strata = {
  names: readonly string[];
  sizes: number[];
  hardness: number[];
  stratumOf: (place: number) => number;
};

/**
 * Draws a sample for an estimate, at random within strata, more where mistakes are likely. The seed stands
 * in the file, so that anyone can draw it again. A sample that is there already gives way only with
 * `again`.
 */
export async function drawSample(
  job: ReviewJob,
  sample: SampleKind,
  options: { size: number; by: string; again?: boolean; seed?: string },
): Promise<Sample> {
  const { size } = options;
  if (!Number.isInteger(size) || size < limits.sizeMin || size > limits.sizeMax) {
    throw new SekishoError("usage", `Cannot draw a sample of ${size}`, {
      hint: `name a size from ${limits.sizeMin} to ${limits.sizeMax}`,
    });
  }
  const held = await readSample(job, sample);
  if (held !== null && options.again !== true) {
    throw new SekishoError("conflict", `Cannot draw: there is a sample for ${sample} already`, {
      hint: "judge it, or draw another with --again; what was judged of it stays decided",
    });
  }
  const seed = options.seed ?? randomBytes(8).toString("hex");
  const strata = sample === "precision" ? linkStrata(job) : await recordStrata(job);
  const wanted = allocate(strata, size);
  const picked = pick(strata, { wanted, count: job.places.count, random: randomOf(seed) });
  const drawn: Sample = {
    kind: sample,
    job: job.name,
    seed,
    drawnAt: Temporal.Now.instant().toString({ smallestUnit: "second" }),
    drawnBy: options.by,
    strata: strata.names.map((name, at) => ({
      name,
      size: strata.sizes[at] as number,
      records: (picked[at] as number[]).map((place) => job.places.recordAt(place)),
    })),
  };
  job.files.put(fileOf(sample), Buffer.from(JSON.stringify(drawn)));
  return drawn;
}

const fileOf = (sample: SampleKind): string => `review/sample-${sample}.json`;

/** The sample that was drawn for this job; null: none. */
export async function readSample(job: ReviewJob, sample: SampleKind): Promise<Sample | null> {
  const name = fileOf(sample);
  if (!job.files.has(name)) return null;
  const file = await job.files.path(name);
  if (!existsSync(file)) return null;
  const drawn = Sample.parse(JSON.parse(readFileSync(file, "utf8")));
  return drawn.job === job.name ? drawn : null;
}

function linkStrata({ graph }: ReviewJob): Strata {
  const { state, weight, probability } = graph.links;
  const stratumOf = (place: number): number =>
    state[place] === linkState.certain
      ? weights.findLastIndex(({ from }) => (weight[place] as number) >= from)
      : -1;
  const sizes = weights.map(() => 0);
  const doubt = weights.map(() => 0);
  for (let place = 0; place < state.length; place += 1) {
    const at = stratumOf(place);
    if (at < 0) continue;
    sizes[at] = (sizes[at] as number) + 1;
    doubt[at] = (doubt[at] as number) + 1 - (probability[place] as number);
  }
  const hardness = sizes.map((size, at) => {
    const rate = Math.min(0.5, Math.max(0.001, size === 0 ? 0 : (doubt[at] as number) / size));
    return size * Math.sqrt(rate * (1 - rate));
  });
  return { names: weights.map(({ name }) => name), sizes, hardness, stratumOf };
}

async function recordStrata({ graph, files, duck, places }: ReviewJob): Promise<Strata> {
  const table = await files.table(duck, "work/person_of.parquet", { rowNumber: true });
  const items = new Uint32Array(places.count);
  for await (const rows of duck.stream<{ place: number; items: number }>(
    `SELECT file_row_number AS place, items FROM ${table}`,
  ))
    for (const { place, items: bits } of rows) items[place] = bits;
  const stratumOf = (place: number): number => {
    if (graph.links.state[place] !== 0) return -1;
    const bits = items[place] as number;
    if ((bits & contact) !== 0) return 0;
    return (bits & anyName) !== 0 && (bits & beside) !== 0 ? 1 : -1;
  };
  const sizes = contents.map(() => 0);
  for (let place = 0; place < places.count; place += 1) {
    const at = stratumOf(place);
    if (at >= 0) sizes[at] = (sizes[at] as number) + 1;
  }
  return { names: contents, sizes, hardness: sizes, stratumOf };
}

/** How many of each stratum: by size and expected mistakes (Neyman 1934), but some of each. */
function allocate({ sizes, hardness }: Strata, size: number): number[] {
  const all = hardness.reduce((sum, one) => sum + one, 0);
  return sizes.map((held, at) => {
    const share = all === 0 ? 0 : Math.round((size * (hardness[at] as number)) / all);
    return Math.min(held, Math.max(Math.min(limits.perStratumMin, size), share));
  });
}

/** Picks places by rank, so that nothing of the size of the job is kept. */
function pick(
  { sizes, stratumOf }: Strata,
  { wanted, count, random }: { wanted: readonly number[]; count: number; random: () => number },
): number[][] {
  const ranks = wanted.map((number, at) => {
    const chosen = new Set<number>();
    while (chosen.size < number) chosen.add(Math.floor(random() * (sizes[at] as number)));
    return chosen;
  });
  const seen = sizes.map(() => 0);
  const picked: number[][] = sizes.map(() => []);
  for (let place = 0; place < count; place += 1) {
    const at = stratumOf(place);
    if (at < 0) continue;
    const rank = seen[at] as number;
    seen[at] = rank + 1;
    if ((ranks[at] as Set<number>).has(rank)) (picked[at] as number[]).push(place);
  }
  return picked;
}

/** A seeded stream of numbers from 0 to 1 (xoshiro128**, Blackman and Vigna 2018). */
function randomOf(seed: string): () => number {
  const state = new Uint32Array(4);
  for (let at = 0; at < 4; at += 1)
    state[at] = Number.parseInt(seed.padEnd(16, "5").slice(at * 4, at * 4 + 4), 16) + 1;
  const turn = (word: number, by: number): number => (word << by) | (word >>> (32 - by));
  const next = (): number => {
    const [a, b, c, d] = state as unknown as [number, number, number, number];
    const result = Math.imul(turn(Math.imul(b, 5), 7), 9) >>> 0;
    const [c2, d2] = [c ^ a, d ^ b];
    state[1] = b ^ c2;
    state[0] = a ^ d2;
    state[2] = c2 ^ (b << 9);
    state[3] = turn(d2, 11);
    return result / 2 ** 32;
  };
  for (let warm = 0; warm < 20; warm += 1) next();
  return next;
}

/** What a sample has come to so far. */
export type Estimate = {
  kind: SampleKind;
  drawnAt: string;
  size: number;
  looked: number;
  unclear: number;
  /** Links that were wrong, or records whose customer was there. */
  mistakes: number;
  share: number | null;
  interval: Interval | null;
  strata: { name: string; size: number; drawn: number; looked: number; mistakes: number }[];
  /** For the report. */
  sentence: { en: string; ja: string };
};

/**
 * Estimates from what was judged of a sample; null where none was drawn. A link is wrong where the person is
 * another; a record was missed where its customer was there.
 */
export async function estimate(job: ReviewJob, of: SampleKind): Promise<Estimate | null> {
  await job.refresh();
  const sample = await readSample(job, of);
  if (sample === null) return null;
  const rulings = job.rulings();
  const isMistake = (decision: Decision): boolean => {
    if (of === "recall") return decision.verdict === "same" && decision.customer !== null;
    if (decision.verdict === "another") return true;
    const place = job.places.placeOf(decision.record);
    return rulings.get(place)?.row !== job.graph.links.row[place];
  };
  let unclear = 0;
  const strata = sample.strata.map(({ name, size, records }) => {
    let looked = 0;
    let mistakes = 0;
    for (const record of records) {
      const decision = job.log.of(record);
      if (decision === null) continue;
      if (decision.verdict === "unclear") unclear += 1;
      else {
        looked += 1;
        if (isMistake(decision)) mistakes += 1;
      }
    }
    return { name, size, drawn: records.length, looked, mistakes };
  });
  const good = stratifiedShare(
    strata.map(({ size, looked, mistakes }) => ({ size, looked, counted: looked - mistakes })),
  );
  const measured = of === "precision" || good === null ? good : recallOf(job, sample, good);
  const looked = strata.reduce((sum, one) => sum + one.looked, 0);
  const told = {
    looked,
    unclear,
    mistakes: strata.reduce((sum, one) => sum + one.mistakes, 0),
    share: measured?.share ?? null,
    interval: measured?.interval ?? null,
  };
  const size = strata.reduce((sum, one) => sum + one.drawn, 0);
  return { kind: of, drawnAt: sample.drawnAt, size, ...told, strata, sentence: sentenceOf(of, told) };
}

/**
 * Of the records whose customer is in the table, the share that has a certain link. Those under review
 * wait.
 */
function recallOf(
  { graph }: ReviewJob,
  sample: Sample,
  good: { share: number; interval: Interval },
): { share: number; interval: Interval } {
  const found = graph.links.state.reduce((sum, state) => sum + (state === linkState.certain ? 1 : 0), 0);
  const without = sample.strata.reduce((sum, { size }) => sum + size, 0);
  const recall = (missedRate: number): number => found / (found + without * missedRate);
  return {
    share: recall(1 - good.share),
    interval: { low: recall(1 - good.interval.low), high: recall(1 - good.interval.high) },
  };
}

/**
 * "99.9 %": a share and the lower end are rounded down, the upper end up, so that no range is made
 * narrower.
 */
function percent(share: number, round: (value: number) => number = Math.floor): string {
  // A share such as 0.999 is not to become 99.8 by its last binary digit.
  return (round(Number((share * 1_000).toFixed(6))) / 10).toFixed(1);
}

function sentenceOf(
  of: SampleKind,
  told: Pick<Estimate, "looked" | "unclear" | "mistakes" | "share" | "interval">,
): Estimate["sentence"] {
  const { looked, unclear, mistakes, share, interval } = told;
  if (share === null || interval === null) {
    return { en: "Nothing of the sample has been judged yet.", ja: "標本はまだ判定されていません。" };
  }
  const [low, high] = [percent(interval.low), percent(interval.high, Math.ceil)];
  const openEn = unclear === 0 ? "" : `; ${unclear} more could not be told`;
  const openJa = unclear === 0 ? "" : `（ほかに判定できないもの${unclear}件）`;
  const rangeEn = `${percent(share)} % (95 %: ${low} % to ${high} %)`;
  const rangeJa = `${percent(share)}％（95％信頼区間 ${low}～${high}％）`;
  if (of === "precision") {
    return {
      en:
        `Of ${looked} certain links checked at random, ${mistakes} were wrong${openEn}: ` +
        `precision ${rangeEn}.`,
      ja: `確実とした照合から無作為に${looked}件を確認し、誤りは${mistakes}件${openJa}。適合率 ${rangeJa}。`,
    };
  }
  return {
    en:
      `Of ${looked} records without a customer checked at random, ${mistakes} had one${openEn}: ` +
      `recall ${rangeEn}, links under review not counted.`,
    ja:
      `顧客と照合できなかった記録から無作為に${looked}件を確認し、見落としは${mistakes}件${openJa}。` +
      `再現率 ${rangeJa}（確認待ちの照合を除く）。`,
  };
}
