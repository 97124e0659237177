import { join } from "node:path";
import { sql, type Kysely } from "kysely";
import type { LoadedConfig } from "../../config.ts";
import type { Decisions } from "../../incident/decide.ts";
import { EvidenceHash, type EntryId } from "../../ledger/entry.ts";
import type { EvidenceStore } from "../../ledger/evidence.ts";
import type { Recorder } from "../../ledger/recorder.ts";
import { SekishoError } from "../../lib/error.ts";
import { makeUuidV7 } from "../../lib/identifier.ts";
import { inNetworks } from "../../lib/networks.ts";
import { cutCardOf } from "../../gates/outbound/cutCard.ts";
import { KeptFinding } from "../../gates/outbound/keptFinding.ts";
import { drillQuestion, ownCutQuestion } from "../cutDecisions.ts";
import type { LedgerIndex } from "../ledgerIndex.ts";
import type {
  CutDrill,
  CutRow,
  CutWish,
  FindingFilter,
  FindingRow,
  FindingView,
  Person,
  TrafficService,
} from "../services.ts";
import { TrafficRecordReader } from "./trafficRecord.ts";

export type TrafficOptions = {
  db: Kysely<any>;
  loaded: LoadedConfig;
  recorder: Recorder;
  evidence: EvidenceStore;
  index: LedgerIndex;
  decisions: Decisions;
  /** Events that the gate says it lost since it started. */
  lost: () => number;
};

/** Traffic as the pages see it: the record, what was found in it, and what is cut. */
export function createTrafficService(options: TrafficOptions): TrafficService {
  const { db, loaded } = options;
  const record = new TrafficRecordReader(
    join(loaded.dataFolder, "outbound", "record"),
    loaded.config.outbound,
  );

  return {
    overview: async (hours) => ({
      ...(await record.overview(hours)),
      lost: options.lost(),
      retentionDays: loaded.config.outbound?.record.retentionDays ?? 0,
    }),
    host: async (address, hours) => ({
      ...(await record.host(address, hours)),
      findings: (await findings(db, { host: address, limit: 100 })).rows,
    }),
    findings: (filter) => findings(db, filter),
    finding: (id, viewer) => openFinding(options, record, { id, viewer }),
    cuts: (filter) => cuts(db, filter),
    async preview(wish) {
      const target = checkTarget(wish, loaded.config.outbound?.cut?.zones ?? []);
      const seen = await record.preview({ act: wish.act, ...target });
      return { ...seen, warnings: warningsOf({ act: wish.act, ...target }, loaded) };
    },
    cut: (person, wish) => order(options, { person, ...wishOf(wish, loaded), reason: wish.reason }),
    lift: async (id, person, reason) => {
      await inForce(db, id);
      return order(options, { person, act: "lift", about: { cut: id }, reason });
    },
    renew: async (id, person, { minutes, reason }) => {
      await inForce(db, id);
      return order(options, { person, act: "renew", about: { cut: id, minutes: String(minutes) }, reason });
    },
    drill: (person) => startDrill(options, person),
    drills: (limit) => listDrills(db, limit),
    card: () => {
      const { organisation, roster, outbound } = loaded.config;
      return Promise.resolve(cutCardOf({ organisation, roster, outbound, settings: loaded.file }));
    },
  };
}

/* ---- findings ---- */

type FindingRecord = {
  id: string;
  found_at: Date;
  found_by: FindingRow["by"];
  severity: string;
  reasons: string;
  host: string;
  host_address: string;
  destination: string;
  grouping_key: string;
  order_name: string | null;
  act: string | null;
  cut_id: string | null;
  hidden_by: string | null;
  evidence: string | null;
  decision_id: string | null;
};

function selectFindings(db: Kysely<any>): any {
  return db
    .selectFrom("finding")
    .leftJoin("decision", (join) => join.on("decision.subject", "=", sql<string>`'cut ' || finding.id::text`))
    .selectAll("finding")
    .select("decision.id as decision_id");
}

async function findings(
  db: Kysely<any>,
  filter: FindingFilter,
): Promise<{ rows: FindingRow[]; total: number; hidden: number }> {
  let query = selectFindings(db);
  let counted: any = db.selectFrom("finding");
  const narrow = (narrowing: (one: any) => any): void => {
    query = narrowing(query);
    counted = narrowing(counted);
  };
  if (filter.code !== undefined)
    narrow((one) => one.where("reasons", "like", `%"code":"${escapeLike(filter.code ?? "")}"%`));
  if (filter.severity !== undefined) narrow((one) => one.where("severity", "=", filter.severity));
  if (filter.host !== undefined)
    narrow((one) =>
      one.where((where: any) =>
        where.or([where("host", "=", filter.host), where("host_address", "=", filter.host)]),
      ),
    );
  for (const word of (filter.text ?? "").split(/\s+/).filter((one) => one !== ""))
    narrow((one) => one.where("grouping_key", "ilike", `%${escapeLike(word)}%`));
  const count = async (hidden: boolean): Promise<number> => {
    const row = await counted
      .where("hidden_by", hidden ? "is not" : "is", null)
      .select((expression: any) => expression.fn.countAll().as("count"))
      .executeTakeFirst();
    return Number(row?.count ?? 0);
  };
  const shown = filter.hidden === true ? query : query.where("hidden_by", "is", null);
  const rows = (await shown
    .orderBy("found_at", "desc")
    .orderBy("finding.id", "desc")
    .limit(filter.limit)
    .execute()) as FindingRecord[];
  return { rows: rows.map(findingRowOf), total: await count(false), hidden: await count(true) };
}

function findingRowOf(row: FindingRecord): FindingRow {
  return {
    id: row.id,
    at: row.found_at.toISOString(),
    by: row.found_by,
    severity: row.severity,
    reasons: JSON.parse(row.reasons) as FindingRow["reasons"],
    host: row.host,
    hostAddress: row.host_address,
    destination: row.destination,
    group: row.grouping_key,
    order: row.order_name,
    act: row.act,
    cut: row.cut_id,
    decisionId: row.decision_id,
    hiddenBy: row.hidden_by,
  };
}

async function openFinding(
  options: TrafficOptions,
  record: TrafficRecordReader,
  asked: { id: string; viewer: Person },
): Promise<FindingView> {
  const { db, recorder, evidence, index } = options;
  const row = (await selectFindings(db).where("finding.id", "=", asked.id).executeTakeFirst()) as
    FindingRecord | undefined;
  if (row === undefined) {
    throw new SekishoError("not-found", `Cannot find finding ${asked.id}`, {
      hint: "see the list of findings",
    });
  }
  await recorder.append({
    kind: "observed",
    code: "evidence-viewed",
    about: { gate: "outbound", finding: asked.id, person: asked.viewer.id },
    evidence: row.evidence === null ? [] : [EvidenceHash.parse(row.evidence)],
    data: { purpose: "investigate" },
  });
  const kept = row.evidence === null ? null : await evidence.get(EvidenceHash.parse(row.evidence));
  const details = kept === null ? [] : KeptFinding.parse(JSON.parse(kept.toString("utf8"))).findings;
  const chain = await index.search({ about: { key: "finding", value: asked.id }, limit: 200 });
  return {
    ...findingRowOf(row),
    because: details.map(({ code, because }) => ({ code, said: because })),
    figures: Object.assign({}, ...details.map(({ figures }) => figures)) as FindingView["figures"],
    contacts: await record.contacts(row.host_address, row.destination, row.found_at),
    chain: chain
      .map(({ index: place, entry: { id, kind, code, at, by } }) => ({
        id,
        index: place,
        kind,
        code,
        at,
        by,
      }))
      .reverse(),
  };
}

/* ---- acts ---- */

type CutRecord = {
  id: string;
  act: CutRow["act"];
  target: string;
  state: CutRow["state"];
  ordered_at: Date;
  until_at: Date;
  in_place_ms: number | null;
  last_packet_ms: number | null;
  passed_since: string | number | null;
  stopped: string | number | null;
  proved_at: Date | null;
  ended_at: Date | null;
  ended_by: string | null;
  warnings: string;
  problem: string | null;
  order_name: string | null;
  finding_id: string | null;
  decision_id: string | null;
};

async function cuts(
  db: Kysely<any>,
  filter: { inForce?: boolean | undefined; limit: number },
): Promise<CutRow[]> {
  const all = db.selectFrom("cut_order").selectAll();
  const narrowed = filter.inForce === true ? all.where("state", "in", ["asked", "in-place"]) : all;
  const rows = (await narrowed.orderBy("ordered_at", "desc").limit(filter.limit).execute()) as CutRecord[];
  const numberOf = (value: string | number | null): number | null => (value === null ? null : Number(value));
  return rows.map((row) => ({
    id: row.id,
    act: row.act,
    target: row.target,
    state: row.state,
    orderedAt: row.ordered_at.toISOString(),
    until: row.until_at.toISOString(),
    inPlaceMs: row.in_place_ms,
    lastPacketMs: row.last_packet_ms,
    passedSince: numberOf(row.passed_since),
    stopped: numberOf(row.stopped),
    provedAt: row.proved_at?.toISOString() ?? null,
    endedAt: row.ended_at?.toISOString() ?? null,
    endedBy: row.ended_by,
    warnings: JSON.parse(row.warnings) as string[],
    problem: row.problem,
    order: row.order_name,
    finding: row.finding_id,
    decisionId: row.decision_id,
  }));
}

async function inForce(db: Kysely<any>, id: string): Promise<void> {
  const row = await db
    .selectFrom("cut_order")
    .select("state")
    .where("id", "=", id)
    .where("state", "=", "in-place")
    .executeTakeFirst();
  if (row !== undefined) return;
  throw new SekishoError("not-found", `Cannot find an order ${id} in force`, {
    hint: "see the list of orders",
  });
}

/** A person's own order: a decision with one answer, from which the order to the gate follows. */
async function order(
  options: TrafficOptions,
  given: { person: Person; act: string; about: Record<string, string>; reason: string },
): Promise<{ decisionId: string }> {
  if (options.loaded.config.outbound?.cut === undefined) throw noCutSection();
  const at = Temporal.Now.instant();
  const id = makeUuidV7(at.epochMilliseconds);
  const restsOn = await entryOfFinding(options.db, given.about["finding"]);
  const question = ownCutQuestion({ id, act: given.act, about: given.about, at, restsOn });
  const decision = await options.decisions.ask(question);
  await options.decisions.answer(decision.id, given.person, { option: given.act, reason: given.reason });
  return { decisionId: decision.id };
}

function noCutSection(): SekishoError {
  return new SekishoError(
    "setup-incomplete",
    "Cannot cut traffic: sekisho.yaml has no outbound.cut section",
    {
      hint: "see docs/outbound-gate.md",
    },
  );
}

/** Asks the deciders as in earnest, with an act that only measures itself. */
async function startDrill(options: TrafficOptions, person: Person): Promise<{ decisionId: string }> {
  const settings = options.loaded.config.outbound;
  if (settings?.cut === undefined) throw noCutSection();
  const at = Temporal.Now.instant();
  const id = makeUuidV7(at.epochMilliseconds);
  const entry = await options.recorder.append({
    kind: "decided",
    code: "drill-started",
    about: { gate: "outbound", drill: id, person: person.id },
    data: { deadlineMinutes: settings.cutOff.deadlineMinutes },
  });
  const decision = await options.decisions.ask(drillQuestion({ id, at, restsOn: entry.id }, settings));
  return { decisionId: decision.id };
}

type DrillRecord = {
  id: string;
  state: CutDrill["state"];
  outcome: string | null;
  asked_at: Date;
  person_name: string | null;
  answered_at: Date | null;
  in_place_ms: number | null;
};

async function listDrills(db: Kysely<any>, limit: number): Promise<CutDrill[]> {
  const rows = (await db
    .selectFrom("decision")
    .leftJoin("decision_answer", (join) =>
      join.onRef("decision_answer.decision_id", "=", "decision.id").on("decision_answer.number", "=", 1),
    )
    .leftJoin("cut_order", "cut_order.decision_id", "decision.id")
    .select(["decision.id", "decision.state", "outcome", "asked_at", "person_name", "in_place_ms"])
    .select("decision_answer.at as answered_at")
    .where("decision.code", "=", "cut-drill")
    .orderBy("asked_at", "desc")
    .limit(limit)
    .execute()) as DrillRecord[];
  return rows.map((row) => ({
    decisionId: row.id,
    startedAt: row.asked_at.toISOString(),
    state: row.state,
    outcome: row.outcome,
    answeredBy: row.person_name,
    secondsToAnswer:
      row.answered_at === null ? null : (row.answered_at.getTime() - row.asked_at.getTime()) / 1_000,
    inPlaceMs: row.in_place_ms,
  }));
}

/** The finding that an order was given from, so that the order rests on it. */
async function entryOfFinding(db: Kysely<any>, finding: string | undefined): Promise<EntryId[]> {
  if (finding === undefined) return [];
  const row = await db.selectFrom("finding").select("entry").where("id", "=", finding).executeTakeFirst();
  return row === undefined ? [] : [(row as { entry: EntryId }).entry];
}

type Zone = { name: string; networks: string[] };
type Target = { addresses: string[]; names: string[]; networks: string[] };

/** What a target names; throws usage where it names nothing that can be cut. */
function checkTarget(wish: Pick<CutWish, "act" | "target">, zones: readonly Zone[]): Target {
  const refuse = (hint: string): never => {
    throw new SekishoError("usage", `Cannot ${wish.act} "${wish.target}"`, { hint });
  };
  const words = wish.target.split(/[\s,]+/).filter((word) => word !== "");
  const isAddress = (word: string): boolean => /^[0-9a-f.:]+(\/\d{1,3})?$/i.test(word) && /[.:]/.test(word);
  const addresses = words.filter((word) => isAddress(word) && /\d|::/.test(word));
  const names = words.filter((word) => !addresses.includes(word)).map((word) => word.toLowerCase());
  if (wish.act === "cut-off") return { addresses: [], names: [], networks: [] };
  if (wish.act === "cut-zone") {
    const zone = zones.find(({ name }) => name === wish.target);
    return zone === undefined
      ? refuse("name a zone of outbound.cut.zones")
      : { addresses: [], names: [], networks: zone.networks };
  }
  if (wish.act === "isolate") {
    if (addresses.length !== 1 || names.length > 0 || addresses[0]?.includes("/") === true)
      return refuse("name the address of one host");
    return { addresses, names, networks: [] };
  }
  if (words.length === 0) return refuse("name addresses, networks or host names");
  if (names.some((name) => !/^(\*\.)?([a-z0-9_-]{1,63}\.)+[a-z0-9-]{2,63}$/.test(name)))
    return refuse("write host names such as bad.example");
  return { addresses, names, networks: [] };
}

function wishOf(wish: CutWish, loaded: LoadedConfig): { act: string; about: Record<string, string> } {
  const zones = loaded.config.outbound?.cut?.zones ?? [];
  const { addresses, names } = checkTarget(wish, zones);
  const common = {
    target: wish.target.slice(0, 250),
    minutes: String(wish.minutes),
    ...(wish.finding === undefined ? {} : { finding: wish.finding }),
  };
  if (wish.act === "isolate") return { act: wish.act, about: { ...common, hostAddress: addresses[0] ?? "" } };
  if (wish.act === "cut-zone") return { act: wish.act, about: { ...common, zone: wish.target } };
  if (wish.act === "cut-off") return { act: wish.act, about: common };
  const about = { ...common, addresses: addresses.join(" "), names: names.join(" ") };
  if (Object.values(about).some((value) => value.length > 256)) {
    throw new SekishoError("usage", "Cannot block so many destinations with one order", {
      hint: "give several orders of up to 256 characters each",
    });
  }
  return { act: wish.act, about };
}

/** The administrators' own path is never cut without saying so. */
function warningsOf(target: Target & { act: string }, loaded: LoadedConfig): string[] {
  const passages = loaded.config.outbound?.cut?.administrators ?? [];
  if (passages.length === 0) return ["no-administrators"];
  const hit = passages.filter(({ from, to }) =>
    [...target.addresses, ...target.networks].some(
      (one) => [...from, ...to].includes(one) || inNetworks(one.split("/")[0] ?? "", [...from, ...to]),
    ),
  );
  return hit.map(({ name }) => `administrators ${name}`);
}

function escapeLike(text: string): string {
  return text.replace(/[\\%_]/g, "\\$&");
}
