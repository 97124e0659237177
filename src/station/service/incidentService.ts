import { SEVERITIES } from "../../gate.ts";
import { readSource, type KnownClaim } from "../../incident/factRegister.ts";
import type { IncidentRow } from "../../incident/incidentRows.ts";
import type { Incidents, KnownFinding } from "../../incident/incidents.ts";
import { stageOf } from "../../incident/tactics.ts";
import { FACTS, FACT_NAMES, standing, type FactName } from "../../law/facts.ts";
import type { Law } from "../../law/law.ts";
import type { EvidenceHash } from "../../ledger/entry.ts";
import type { EvidenceStore } from "../../ledger/evidence.ts";
import type { Person } from "../services.ts";
import type {
  ClaimView,
  ClockView,
  FactView,
  IncidentFinding,
  IncidentListRow,
  IncidentService,
  IncidentView,
} from "./incidentTypes.ts";

export type IncidentServiceOptions = {
  incidents: Incidents;
  laws: readonly Law[];
  evidence: EvidenceStore;
  /** The name of a person, by what the ledger calls her. */
  nameOf: (person: string) => Promise<string | null>;
};

/** The incident room as the pages show it. */
export function createIncidentService(options: IncidentServiceOptions): IncidentService {
  const { incidents } = options;
  const views = new Views(options);
  const reasoned = (reason: string, by: Person) => ({ person: by.id, reason });
  return {
    list: () => views.list(),
    get: (id) => views.get(id),
    open: async (title, by) => views.get(await incidents.open(title, by.id)),
    async claim(id, { replaces, ...claim }, by) {
      await incidents.facts.claim(id, { ...claim, ...(replaces === null ? {} : { replaces }) }, by.id);
      return views.get(id);
    },
    async pick(id, claim, reason, by) {
      await incidents.facts.pick(id, claim, reasoned(reason, by));
      return views.get(id);
    },
    async part(id, finding, reason, by) {
      await incidents.part(id, finding, reasoned(reason, by));
      return views.get(id);
    },
    async merge(id, from, reason, by) {
      await incidents.merge(id, from, reasoned(reason, by));
      return views.get(id);
    },
    async done(id, { law, duty, at, reason }, by) {
      const done = { law, duty, at: Temporal.Instant.from(at) };
      await incidents.facts.done(id, done, reasoned(reason, by));
      return views.get(id);
    },
  };
}

class Views {
  readonly #options: IncidentServiceOptions;

  constructor(options: IncidentServiceOptions) {
    this.#options = options;
  }

  async get(id: string): Promise<IncidentView> {
    const { incidents } = this.#options;
    const row = await incidents.get(id);
    const [list, claims, clocks] = [
      await incidents.findings(id),
      await incidents.facts.claims(id),
      await this.#clocks(id),
    ];
    const facts = await Promise.all(FACT_NAMES.map((fact) => this.#fact(fact, claims)));
    const first = clocks.find(({ deadline, done }) => deadline !== null && done === null);
    const next =
      first === undefined
        ? null
        : { law: first.lawName, duty: first.name, deadline: first.deadline as string };
    return { ...(await this.#row(row, list, next)), list: list.map(findingOf), facts, clocks };
  }

  /** Asked for by every open page, for its count of deadlines: three queries for all incidents together. */
  async list(): Promise<IncidentListRow[]> {
    const { incidents, laws } = this.#options;
    const rows = (await incidents.list()).reverse();
    const findings = Map.groupBy(await incidents.joined(), ({ incident }) => incident);
    const clocks = Map.groupBy(await incidents.deadlines.running(), ({ incident }) => incident);
    return Promise.all(
      rows.map((row) => {
        const next = clocks.get(row.id)?.[0];
        const law = laws.find(({ id }) => id === next?.law);
        const duty = law?.duties.find(({ id }) => id === next?.duty);
        const told =
          next === undefined || law === undefined || duty === undefined
            ? null
            : { law: law.name, duty: duty.name, deadline: next.deadline.toISOString() };
        return this.#row(row, findings.get(row.id) ?? [], told);
      }),
    );
  }

  async #row(
    row: IncidentRow,
    list: readonly KnownFinding[],
    next: IncidentListRow["next"],
  ): Promise<IncidentListRow> {
    const rank = Math.max(-1, ...list.map(({ severity }) => SEVERITIES.indexOf(severity)));
    const hosts = list.flatMap(({ keys }) => keys.filter(({ kind }) => kind === "host"));
    return {
      id: row.id,
      number: row.number,
      title: await this.#text(row.titleEvidence),
      openedAt: row.openedAt,
      state: row.state === "closed" ? "closed" : "open",
      severity: SEVERITIES[rank] ?? null,
      stage: stageOf(list.flatMap(({ techniques }) => techniques)),
      findings: list.length,
      hosts: [...new Set(hosts.map(({ value }) => value))].sort(),
      next,
    };
  }

  async #clocks(id: string): Promise<ClockView[]> {
    const { incidents, laws } = this.#options;
    const clocks = await incidents.facts.clocks(id);
    return Promise.all(
      clocks.map(async ({ duty, judged, claim, done, ...clock }): Promise<ClockView> => ({
        law: clock.law,
        lawName: clock.lawName,
        checkedOn: laws.find((law) => law.id === clock.law)?.checkedOn ?? "",
        duty: duty.id,
        name: duty.name,
        recipient: duty.recipient,
        binding: duty.binding,
        source: duty.source,
        answer: judged.answer === "yes" ? "yes" : "unknown",
        because: judged.because,
        open: judged.open,
        claim: claim?.id ?? null,
        startsAt: claim === null ? null : String(claim.value),
        deadline: clock.deadline,
        lastDay: clock.lastDay,
        counted: clock.counted,
        former: clock.former,
        done: done === null ? null : { by: await this.#nameOf(done.by), at: done.at },
      })),
    );
  }

  async #fact(fact: FactName, all: readonly KnownClaim[]): Promise<FactView> {
    const claims = all.filter((claim) => claim.fact === fact);
    const stand = standing(all, fact);
    const values = new Set(stand.map(({ value, bound }) => JSON.stringify([value, bound === true])));
    const views = await Promise.all(
      claims.map(async (claim): Promise<ClaimView> => {
        const kept = await this.#text(claim.sourceEvidence);
        const source = kept === null ? null : readSource(kept);
        return {
          id: claim.id,
          value: claim.value,
          bound: claim.bound === true,
          by: await this.#nameOf(claim.by),
          at: claim.at,
          picked: claim.picked === true,
          former: !stand.some(({ id }) => id === claim.id),
          source: source?.text ?? null,
          outside: source?.outside ?? null,
          audience: claim.audience,
          rests: claim.rests,
        };
      }),
    );
    const { kind, about } = FACTS[fact];
    return { fact, kind, about, claims: views, contradicts: values.size > 1 };
  }

  async #nameOf(person: string): Promise<string> {
    return (await this.#options.nameOf(person)) ?? person;
  }

  /** What a person wrote; null where it was erased. */
  async #text(hash: string | null): Promise<string | null> {
    if (hash === null) return null;
    const object = await this.#options.evidence.get(hash as EvidenceHash).catch(() => null);
    return object === null ? null : object.toString("utf8");
  }
}

const shown = ["mail", "finding", "statement", "event"] as const;

function findingOf({ keys, codes, techniques, about, ...found }: KnownFinding): IncidentFinding {
  return {
    entry: found.entry,
    gate: found.gate,
    at: found.at,
    severity: found.severity,
    codes: [...codes],
    techniques: [...techniques],
    keys: [...keys],
    why: found.why,
    about: Object.fromEntries(shown.flatMap((key) => (about[key] === undefined ? [] : [[key, about[key]]]))),
  };
}
