import { hash } from "node:crypto";
import { z } from "zod";
import { readSource } from "../incident/factRegister.ts";
import { OutsideSource, roomKinds } from "../incident/room/items.ts";
import { signOf } from "../incident/signOf.ts";
import { AUDIENCES, FACT_NAMES, type Claim } from "../law/facts.ts";
import { encodeEntry, type Entry } from "../ledger/entry.ts";
import type {
  CaseRow,
  KnownAct,
  KnownClaim,
  KnownEvent,
  KnownFinding,
  KnownNotices,
  KnownPassage,
  KnownReport,
  KnownScope,
  KnownTask,
  Material,
  OnRecord,
} from "./material.ts";
import { codes, Drafted, NoticesCounted, Passage, Released, Written } from "./reportCodes.ts";

export const limits = { objectBytesMax: 4 * 1024 ** 2, actsMax: 500 } as const;

export type ReadOptions = {
  organisation: string;
  timeZone: string;
  asOf: Temporal.Instant;
  ledgerSize: number;
  /** An object of the evidence store; null where it was erased, or cannot be read here. */
  open: (evidence: string) => Promise<Buffer | null>;
};

const Claimed = z.object({
  fact: z.enum(FACT_NAMES),
  value: z.union([z.number(), z.boolean(), z.string()]),
  bound: z.boolean().default(false),
  replaces: z.string().nullable().default(null),
  audience: z.enum(AUDIENCES).default("team"),
});
const Opened = z.object({ number: z.int() });
const Done = z.object({ law: z.string(), duty: z.string(), at: z.string() });
const HandedOver = z.object({
  persons: z.object({ fewest: z.number(), most: z.number() }),
  records: z.number(),
  countedAt: z.string(),
  files: z.array(z.object({ name: z.string(), objects: z.array(z.string()) })),
});
const Counts = z.object({
  byItem: z.record(z.string(), z.object({ persons: z.number() })).default({}),
  by: z.record(z.string(), z.record(z.string(), z.number())).default({}),
  minors: z.number().nullable().default(null),
  passports: z.object({ persons: z.number(), valid: z.number() }).nullable().default(null),
});

/**
 * What the rows of one incident say, as of a moment. Rows are those of the ledger that are about it, or that
 * rest on its findings, by index. An entry of another form is passed over: it stays in the ledger.
 */
export async function readMaterial(
  incident: string,
  rows: readonly CaseRow[],
  options: ReadOptions,
): Promise<Material | null> {
  const { asOf, ledgerSize, organisation, timeZone } = options;
  const known = rows
    .filter(({ index, entry }) => index < ledgerSize && isBy(entry.at, asOf))
    .toSorted((one, other) => one.index - other.index);
  const reader = new Reader(known, options);
  const opened = known.find(
    ({ entry: { code, about, data } }) =>
      code === "incident-opened" && about["incident"] === incident && Opened.safeParse(data).success,
  );
  if (opened === undefined) return null;
  const { number } = Opened.parse(opened.entry.data);
  const { at, evidence } = opened.entry;
  const title = (await reader.text(evidence[0])) ?? null;
  return {
    organisation,
    timeZone,
    incident: { id: incident, number, openedAt: at, title, record: recordOf(opened) },
    asOf: asOf.toString(),
    ledgerSize,
    claims: await reader.claims(),
    passages: await reader.passages(),
    events: await reader.events(),
    findings: reader.findings(),
    acts: reader.acts(),
    tasks: await reader.tasks(),
    scope: await reader.scope(),
    done: reader.done(),
    notices: reader.notices(),
    reports: reader.reports(),
    forPublic: reader.forPublic(),
  };
}

const isBy = (at: string, moment: Temporal.Instant): boolean => Date.parse(at) <= moment.epochMilliseconds;

/** Where a row stands, with the hash of its bytes. */
export function recordOf({ index, entry }: CaseRow): OnRecord {
  return {
    entry: entry.id,
    index,
    code: entry.code,
    at: entry.at,
    sha256: hash("sha256", encodeEntry(entry)),
  };
}

/** Steps of the incident room itself, and of asking: an answer is an act, a question is none. */
const isBookkeeping = new RegExp(
  "^(duty-|incident|fact-|finding-|order-applied|ask-|deadline-|notice-|custody-|evidence-|severity-)|" +
    "-(noted|changed|stamped)$|^decision-(asked|proposed|contradicted|dissented)$",
);

/** Where a claim is known from, in one line. */
function sourceSaid(text: string): string {
  const { text: words, outside } = readSource(text);
  return outside === null ? words : `${words}; ${outsideSaid(outside)}`;
}

/** An article as a list of sources names it. */
function outsideSaid({ publisher, title, date, read, url }: OutsideSource): string {
  return `${publisher}「${title}」${date}（${read} 閲覧）${url === undefined ? "" : ` ${url}`}`;
}

class Reader {
  readonly #rows: readonly CaseRow[];
  readonly #options: ReadOptions;

  constructor(rows: readonly CaseRow[], options: ReadOptions) {
    this.#rows = rows;
    this.#options = options;
  }

  #of(code: string): CaseRow[] {
    return this.#rows.filter(({ entry }) => entry.code === code);
  }

  async text(evidence: string | undefined): Promise<string | null> {
    if (evidence === undefined) return null;
    const object = await this.#options.open(evidence);
    return object === null || object.length > limits.objectBytesMax ? null : object.toString("utf8");
  }

  /** A text that is kept as JSON; null where it was erased, or has another form. */
  async #json<T extends z.ZodType>(evidence: string | undefined, schema: T): Promise<z.infer<T> | null> {
    const text = await this.text(evidence);
    if (text === null) return null;
    try {
      return schema.parse(JSON.parse(text));
    } catch {
      return null;
    }
  }

  async claims(): Promise<KnownClaim[]> {
    const picks = new Map<string, CaseRow>();
    for (const row of this.#of("fact-picked")) {
      // Of one fact the last pick holds.
      for (const [claim, { entry }] of picks)
        if (entry.about["fact"] === row.entry.about["fact"]) picks.delete(claim);
      picks.set(row.entry.about["claim"] ?? "", row);
    }
    const claims: KnownClaim[] = [];
    for (const row of this.#of("fact-claimed")) {
      const said = Claimed.safeParse(row.entry.data);
      if (!said.success) continue;
      const { fact, value, bound, replaces, audience } = said.data;
      const pick = picks.get(row.entry.id);
      const claim: Claim = {
        id: row.entry.id,
        fact,
        value,
        ...(bound ? { bound } : {}),
        by: writerOf(row.entry),
        at: row.entry.at,
        ...(replaces === null ? {} : { replaces }),
        ...(pick === undefined ? {} : { picked: true }),
      };
      // What only counsel may see is counted, and not told.
      const told = audience === "counsel" ? null : await this.text(row.entry.evidence[0]);
      const source = told === null ? null : sourceSaid(told);
      claims.push({ ...claim, record: recordOf(row), source, pick: pick ? recordOf(pick) : null });
    }
    return claims;
  }

  async passages(): Promise<KnownPassage[]> {
    const found = this.#of(codes.passage).flatMap((row) => {
      const said = Passage.safeParse(row.entry.data);
      return said.success ? [{ row, ...said.data }] : [];
    });
    const replaced = new Set(found.map(({ replaces }) => replaces));
    const standing = found.filter(({ row }) => !replaced.has(row.entry.id));
    return Promise.all(
      standing.map(async ({ row, topic, partner }) => ({
        record: recordOf(row),
        topic,
        partner,
        text: await this.#json(row.entry.evidence[0], Written),
        by: writerOf(row.entry),
      })),
    );
  }

  async events(): Promise<KnownEvent[]> {
    const found = this.#of("event-noted").flatMap((row) => {
      const said = roomKinds.event.data.safeParse(row.entry.data);
      return said.success ? [{ row, ...said.data }] : [];
    });
    const events = await Promise.all(
      found.map(async ({ row, happenedAt, knownAt }): Promise<KnownEvent> => {
        const text = await this.#json(row.entry.evidence[0], roomKinds.event.text);
        const source = text?.source === undefined ? null : outsideSaid(text.source);
        return {
          record: recordOf(row),
          happened: happenedAt,
          known: knownAt,
          text: text === null ? null : { what: text.what, knownTo: text.knownTo, source },
          by: writerOf(row.entry),
        };
      }),
    );
    return events.toSorted(
      (one, other) =>
        Date.parse(one.happened) - Date.parse(other.happened) || one.record.index - other.record.index,
    );
  }

  /** Tasks that are done as of now; one that was opened again is not. */
  async tasks(): Promise<KnownTask[]> {
    const changes = Map.groupBy(this.#of("task-changed"), ({ entry }) => entry.about["item"] ?? "");
    const tasks = await Promise.all(
      this.#of("task-noted").map(async (row): Promise<KnownTask | null> => {
        const last = changes.get(row.entry.id)?.findLast(({ entry }) => entry.data["state"] !== undefined);
        if (last?.entry.data["state"] !== "done") return null;
        const text = await this.#json(row.entry.evidence[0], roomKinds.task.text);
        const title = text?.title ?? null;
        return { record: recordOf(row), doneAt: last.entry.at, done: recordOf(last), title };
      }),
    );
    return tasks.filter((task) => task !== null);
  }

  #joined(): Set<string> {
    const joined = new Set<string>();
    for (const { entry } of this.#rows) {
      const finding = entry.about["finding"] ?? "";
      if (entry.code === "finding-joined") joined.add(finding);
      if (entry.code === "finding-parted") joined.delete(finding);
    }
    return joined;
  }

  findings(): KnownFinding[] {
    const joined = this.#joined();
    return this.#rows.flatMap((row): KnownFinding[] => {
      if (!joined.has(row.entry.id)) return [];
      const sign = signOf(row.entry);
      if (sign === null) return [];
      const hosts = sign.keys.filter(({ kind }) => kind === "host").map(({ value }) => value);
      const { gate, severity } = sign;
      const techniques = [...sign.techniques];
      return [{ record: recordOf(row), gate, severity, codes: [...sign.codes], techniques, hosts }];
    });
  }

  /** What gates and people did about the findings; the incident room's own book-keeping is no act. */
  acts(): KnownAct[] {
    const own = new Set<string>(Object.values(codes));
    return this.#rows
      .flatMap((row): KnownAct[] => {
        const { kind, code, about } = row.entry;
        if (kind !== "decided" && kind !== "enforced") return [];
        if (own.has(code) || isBookkeeping.test(code)) return [];
        return [{ record: recordOf(row), kind, code, about }];
      })
      .slice(0, limits.actsMax);
  }

  async scope(): Promise<KnownScope | null> {
    const named = this.#of(codes.scope).at(-1)?.entry.about["scope"];
    const row = this.#rows.find(({ entry }) => entry.id === named);
    const handed = HandedOver.safeParse(row?.entry.data);
    if (row === undefined || !handed.success) return null;
    const { persons, records, countedAt, files } = handed.data;
    const [object] = files.find(({ name }) => name === "counts.json")?.objects ?? [];
    const counts = await this.#json(object, Counts);
    const items = Object.entries(counts?.byItem ?? {}).map(([item, count]) => [item, count.persons] as const);
    return {
      record: recordOf(row),
      persons,
      records,
      countedAt,
      byItem: counts === null ? null : Object.fromEntries(items),
      by: counts?.by ?? {},
      passports: counts?.passports ?? null,
      minors: counts?.minors ?? null,
    };
  }

  done(): Material["done"] {
    const undone = new Set(this.#of("duty-undone").map(({ entry }) => entry.about["done"]));
    return this.#of("duty-done").flatMap((row) => {
      const said = Done.safeParse(row.entry.data);
      return said.success && !undone.has(row.entry.id) ? [{ record: recordOf(row), ...said.data }] : [];
    });
  }

  /** The last count of each campaign. */
  notices(): KnownNotices[] {
    const last = new Map<string, KnownNotices>();
    for (const row of this.#of(codes.notices)) {
      const said = NoticesCounted.safeParse(row.entry.data);
      const campaign = row.entry.about["campaign"] ?? "";
      if (said.success) last.set(campaign, { record: recordOf(row), campaign, ...said.data });
    }
    return [...last.values()];
  }

  reports(): KnownReport[] {
    const released = this.#of(codes.released);
    const filed = this.#of(codes.filed);
    return this.#of(codes.drafted).flatMap((row): KnownReport[] => {
      const said = Drafted.safeParse(row.entry.data);
      const report = row.entry.id;
      if (!said.success) return [];
      const mine = (other: CaseRow): boolean => other.entry.about["report"] === report;
      const receipt = filed.find(mine);
      return [
        {
          record: recordOf(row),
          report,
          ...said.data,
          evidence: row.entry.evidence[0] ?? null,
          releases: released.filter(mine).map((release) => ({
            record: recordOf(release),
            person: writerOf(release.entry),
            final: Released.safeParse(release.entry.data).data?.final === true,
          })),
          filed: receipt === undefined ? null : recordOf(receipt),
        },
      ];
    });
  }

  forPublic(): Set<string> {
    // Whoever said it has said that anybody may see it.
    const open = this.#of("fact-claimed").filter(({ entry }) => entry.data["audience"] === "public");
    const allowed = new Set<string>(open.map(({ entry }) => entry.id));
    for (const { entry } of this.#of(codes.forPublic)) {
      const id = entry.about["entry"] ?? "";
      if (entry.data["allowed"] === true) allowed.add(id);
      else allowed.delete(id);
    }
    return allowed;
  }
}

const writerOf = (entry: Entry): string => entry.about["person"] ?? entry.by;
