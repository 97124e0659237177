import { userInfo } from "node:os";
import { readArguments } from "../../lib/arguments.ts";
import { SekishoError } from "../../lib/error.ts";
import { applyReview } from "./applyReview.ts";
import { findCandidates } from "./candidates.ts";
import type { Range } from "./countRange.ts";
import { VERDICTS, type DecidedIn, type Verdict } from "./decisions.ts";
import { QUEUE_STATES, ReviewJob, type QueueState, type ReviewItem } from "./reviewJob.ts";
import { drawSample, estimate, readSample, SAMPLES, type SampleKind } from "./sampling.ts";

const help = `sekisho scope review OUT [list]            links that wait for people, what changes most first
sekisho scope review OUT show RECORD       one record beside its customer, differences marked
sekisho scope review OUT decide RECORD same|another|unclear [--reason TEXT] [--customer KEY]
sekisho scope review OUT undo [DECISION]   take a decision back; without a name, your own last one
sekisho scope review OUT apply             make links, persons and counts anew with what was decided
sekisho scope review OUT sample precision|recall [--size N] [--again]
sekisho scope review OUT estimate          precision and recall from the samples, with intervals

OUT: the folder of a finished job. Several people may review it at once.

  --state open|decided|all   which links to list (open)
  --offset N, --limit N      which part of the list (0, 20)
  --customer KEY             another customer than the proposed one
  --in queue|precision|recall   what the decision is part of (queue)
  --by NAME                  who decides (the account of this machine)
  --customers SOURCE         where the customer table is now, with its password where it needs one
  --key FILE                 the key of a sealed job
  --json                     one JSON object instead of text
`;

const options = {
  state: { type: "string" },
  offset: { type: "string" },
  limit: { type: "string" },
  customer: { type: "string" },
  in: { type: "string" },
  by: { type: "string" },
  reason: { type: "string" },
  customers: { type: "string" },
  key: { type: "string" },
  size: { type: "string" },
  again: { type: "boolean" },
  json: { type: "boolean" },
  help: { type: "boolean", short: "h" },
} as const;
type Values = ReturnType<typeof readArguments<typeof options>>["values"];

/** What a verb gives: a value for --json, and its text. */
type Told = { value: unknown; text: string };
type Verb = (job: ReviewJob, values: Values, rest: readonly string[]) => Promise<Told>;

const verbs: Record<string, Verb> = { list, show, decide, undo, apply, sample, estimate: tellEstimates };

/** Runs `sekisho scope review`; gives the exit status. */
export async function reviewCommand(argv: string[]): Promise<number> {
  const { values, positionals } = readArguments(argv, options, "sekisho scope review");
  const [out, verb = "list", ...rest] = positionals;
  if (values.help === true || out === undefined) {
    process.stdout.write(help);
    return values.help === true ? 0 : 2;
  }
  const run = Object.hasOwn(verbs, verb) ? verbs[verb] : undefined;
  if (run === undefined) throw usage(`Cannot run "scope review ${verb}": there is no such command`);
  const { key, customers } = values;
  const job = await ReviewJob.open(out, {
    ...(key === undefined ? {} : { key }),
    ...(customers === undefined ? {} : { customers }),
  });
  try {
    const { value, text } = await run(job, values, rest);
    process.stdout.write(values.json === true ? `${JSON.stringify(value)}\n` : text);
  } finally {
    await job.close();
  }
  return 0;
}

function usage(message: string): SekishoError {
  return new SekishoError("usage", message, { hint: "try: sekisho scope review --help" });
}

function readNumber(text: string | undefined, otherwise: number, name: string): number {
  if (text === undefined) return otherwise;
  if (!/^\d{1,9}$/.test(text)) throw usage(`Cannot read ${name} "${text}": a whole number is needed`);
  return Number(text);
}

function readRecord(text: string | undefined): number {
  if (text === undefined || !/^\d{1,15}$/.test(text)) throw usage("Cannot tell which record is meant");
  return Number(text);
}

function readOne<T extends string>(text: string | undefined, known: readonly T[], name: string): T {
  const found = known.find((one) => one === text);
  if (found === undefined)
    throw usage(`Cannot read ${name} "${text ?? ""}": one of ${known.join(", ")} is needed`);
  return found;
}

const nameOf = ({ by }: Values): string => by ?? userInfo().username;

const textOfRange = ({ fewest, most }: Range): string =>
  fewest === most ? `${most} persons` : `${fewest} to ${most} persons`;

const signed = (number: number): string => (number > 0 ? `+${number}` : String(number)).padStart(2);

async function list(job: ReviewJob, values: Values): Promise<Told> {
  const state: QueueState =
    values.state === undefined ? "open" : readOne(values.state, QUEUE_STATES, "the state");
  const offset = readNumber(values.offset, 0, "--offset");
  const limit = readNumber(values.limit, 20, "--limit");
  const [summary, queue] = [await job.summary(), await job.queue({ state, offset, limit })];
  const lines = queue.rows.map(
    ({ record, customer, probability, explanation, effect, decision }) =>
      `${String(record).padStart(14)}  ${customer}  ${(probability * 100).toFixed(1).padStart(5)} %  ` +
      `${signed(effect.same.most)}/${signed(effect.another.fewest)}  ` +
      `${decision === null ? "" : `[${decision.verdict}] `}${explanation}`,
  );
  const { decided } = summary;
  const head =
    `${textOfRange(summary.now)} (the machine said ${textOfRange(summary.machine)})\n` +
    `${summary.open} of ${summary.total} links wait; ${decided.same} same, ${decided.another} another, ` +
    `${decided.unclear} unclear\n`;
  const columns = lines.length === 0 ? "" : "        record  customer  chance  same/another  because\n";
  const from = queue.total === 0 ? "" : `${offset + 1} to ${offset + lines.length} of ${queue.total}\n`;
  return {
    value: { summary, ...queue },
    text: `${head}${columns}${lines.map((line) => `${line}\n`).join("")}${from}`,
  };
}

async function show(job: ReviewJob, values: Values, [text]: readonly string[]): Promise<Told> {
  const record = readRecord(text);
  const item = await job.item(record, values.customer === undefined ? {} : { customer: values.customer });
  const candidates = item.customer === null ? await findCandidates(job, record) : [];
  return { value: { ...item, candidates }, text: tellItem(item, candidates) };
}

const signs = {
  same: "=",
  variant: "≈",
  similar: "~",
  differs: "≠",
  missing: " ",
  "only-record": " ",
} as const;

function tellItem(item: ReviewItem, candidates: readonly string[]): string {
  const { record, customer, link, decision } = item;
  if (record === null) return "the record's fields are not in records.parquet\n";
  const place = [record.source, record.path].filter(Boolean).join(" › ");
  const lines = [
    `record ${record.record}: ${place}, byte ${record.offset}, line ${record.line},` +
      ` ${record.encoding}, ${record.part}`,
    customer === null ? "no customer was found" : `customer ${customer.id}, in ${item.source}`,
    ...(item.away === null ? [] : [`the customer's row cannot be shown: ${item.away}`]),
    ...(link === null
      ? []
      : [`${link.explanation} (${(link.probability * 100).toFixed(1)} %, ${link.state})`]),
    ...item.pairs.map(
      (pair) =>
        `  ${signs[pair.mark]} ${pair.kind.padEnd(16)} ${pair.record ?? "—"}` +
        (customer === null ? "" : `  |  ${pair.customer ?? "—"}`),
    ),
    ...(candidates.length === 0
      ? []
      : [`nearest customers: ${candidates.join(", ")} (show with --customer KEY)`]),
    ...(decision === null
      ? []
      : [`decided: ${decision.verdict} by ${decision.by} at ${decision.at} (${decision.id})`]),
  ];
  return `${lines.join("\n")}\n`;
}

async function decide(job: ReviewJob, values: Values, [text, word]: readonly string[]): Promise<Told> {
  const record = readRecord(text);
  const verdict: Verdict = readOne(word, VERDICTS, "the verdict");
  const from: DecidedIn =
    values.in === undefined ? "queue" : readOne(values.in, ["queue", ...SAMPLES], "--in");
  const customer = values.customer ?? (await job.item(record)).customer?.id ?? null;
  const reason = values.reason ?? null;
  const told = await job.decide({ record, customer, verdict, in: from, by: nameOf(values), reason });
  return {
    value: told,
    text: `kept as ${told.decision.id}: ${textOfRange(told.before)} → ${textOfRange(told.now)}\n`,
  };
}

async function undo(job: ReviewJob, values: Values, [id]: readonly string[]): Promise<Told> {
  const told = await job.undo(id ?? null, nameOf(values));
  return { value: told, text: `record ${told.decision.record} is open again: ${textOfRange(told.now)}\n` };
}

async function apply(job: ReviewJob): Promise<Told> {
  const { review, persons, links } = await applyReview(job);
  const text =
    `${textOfRange(persons)} (the machine said ${textOfRange(review.machine)})\n` +
    `${review.confirmed} links confirmed, ${review.removed} removed, ${review.added} added; ` +
    `${links.certain} certain, ${links.review} under review\n`;
  return { value: { review, persons, links }, text };
}

async function sample(job: ReviewJob, values: Values, [word]: readonly string[]): Promise<Told> {
  const kind: SampleKind = readOne(word, SAMPLES, "the sample");
  const size = readNumber(values.size, 200, "--size");
  const held = values.again === true || values.size !== undefined ? null : await readSample(job, kind);
  const drawn =
    held ?? (await drawSample(job, kind, { size, by: nameOf(values), again: values.again === true }));
  const lines = drawn.strata.flatMap(({ name, size: all, records }) => [
    `${name}: ${records.length} of ${all}`,
    ...records.map((record) => `  ${record}  ${job.log.of(record)?.verdict ?? "open"}`),
  ]);
  const next = `judge each: sekisho scope review OUT decide RECORD same|another|unclear --in ${kind}`;
  return { value: drawn, text: `${[...lines, next].join("\n")}\n` };
}

async function tellEstimates(job: ReviewJob): Promise<Told> {
  const estimates = [];
  for (const kind of SAMPLES) {
    const told = await estimate(job, kind);
    if (told !== null) estimates.push(told);
  }
  const none = "no sample has been drawn: sekisho scope review OUT sample precision\n";
  const text = estimates.map(({ sentence }) => `${sentence.en}\n${sentence.ja}\n`).join("");
  return { value: estimates, text: text === "" ? none : text };
}
