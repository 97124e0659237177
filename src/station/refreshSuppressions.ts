import type { Kysely } from "kysely";
import type { Finding, FindingCode } from "../gates/outbound/findings.ts";
import { Inventory } from "../gates/outbound/hosts.ts";
import { suppress } from "../gates/outbound/judge/suppress.ts";
import { KeptFinding } from "../gates/outbound/keptFinding.ts";
import type { OutboundSettings } from "../gates/outbound/settings.ts";
import { EvidenceHash } from "../ledger/entry.ts";

const limits = { rowsPerStep: 500 } as const;

export type Refreshed = {
  /** Suppressions that hold today. */
  inForce: string[];
  /** Findings that are hidden now and were not, and the other way round. */
  hidden: number;
  shown: number;
};

type FindingRow = {
  id: string;
  reasons: string;
  host_address: string;
  destination: string;
  hidden_by: string | null;
  evidence: string | null;
};

/**
 * Holds every finding on record against the suppressions of the policy in force: a new one hides what it
 * fits, and what a suppression hid that was taken out or has ended shows again. Goes through the table by
 * small steps, so that others are served meanwhile; run again, it changes nothing more.
 */
export async function refreshSuppressions(
  db: Kysely<any>,
  settings: OutboundSettings,
  given: { today: string; getEvidence: (hash: EvidenceHash) => Promise<Buffer> },
): Promise<Refreshed> {
  const { today } = given;
  const judge = new HidingJudge(settings, given);
  const inForce = settings.policy.suppressions.filter(({ until }) => until >= today).map(({ name }) => name);
  const done: Refreshed = { inForce, hidden: 0, shown: 0 };
  let after: string | null = null;
  for (;;) {
    const rows = await rowsAfter(db, after);
    for (const row of rows) {
      const hiddenBy = await judge.hiddenBy(row);
      if (hiddenBy === row.hidden_by) continue;
      // Whoever judged it meanwhile knows better.
      const changed = await db
        .updateTable("finding")
        .set({ hidden_by: hiddenBy })
        .where("id", "=", row.id)
        .where("hidden_by", row.hidden_by === null ? "is" : "=", row.hidden_by)
        .executeTakeFirst();
      if (Number(changed.numUpdatedRows) === 0) continue;
      if (row.hidden_by === null) done.hidden += 1;
      else if (hiddenBy === null) done.shown += 1;
    }
    after = rows.at(-1)?.id ?? null;
    if (rows.length < limits.rowsPerStep || after === null) return done;
  }
}

async function rowsAfter(db: Kysely<any>, after: string | null): Promise<FindingRow[]> {
  const columns = ["id", "reasons", "host_address", "destination", "hidden_by", "evidence"];
  const all = db.selectFrom("finding").select(columns);
  const rest = after === null ? all : all.where("id", ">", after);
  return (await rest.orderBy("id").limit(limits.rowsPerStep).execute()) as FindingRow[];
}

class HidingJudge {
  readonly #settings: OutboundSettings;
  readonly #given: { today: string; nameOf: (address: string) => string };
  readonly #getEvidence: (hash: EvidenceHash) => Promise<Buffer>;

  constructor(
    settings: OutboundSettings,
    given: { today: string; getEvidence: (hash: EvidenceHash) => Promise<Buffer> },
  ) {
    const inventory = new Inventory(settings.internal, settings.hosts);
    this.#settings = settings;
    this.#given = { today: given.today, nameOf: (address) => inventory.nameOf(address) };
    this.#getEvidence = given.getEvidence;
  }

  /** The suppression that hides it, or null. What the row says is looked up only where it would change. */
  async hiddenBy(row: FindingRow): Promise<string | null> {
    const codes = codesOf(row);
    // Its judgement is still on the way.
    if (codes.length === 0) return row.hidden_by;
    const rough = codes.map((code) => findingWith(code, row.host_address, row.destination));
    const guess = this.#judge(rough);
    if (guess === row.hidden_by || row.evidence === null) return guess;
    return this.#judge((await this.#kept(row.evidence)) ?? rough);
  }

  /** Every finding of a behaviour must be hidden, or all of it shows. */
  #judge(findings: readonly Finding[]): string | null {
    const marked = suppress(findings, this.#settings.policy, this.#given);
    return marked.every(({ hiddenBy }) => hiddenBy !== null) ? (marked[0]?.hiddenBy ?? null) : null;
  }

  /** The findings with every destination, as they were kept; null where they were erased. */
  async #kept(hash: string): Promise<Finding[] | null> {
    try {
      const bytes = await this.#getEvidence(EvidenceHash.parse(hash));
      return KeptFinding.parse(JSON.parse(bytes.toString("utf8"))).findings;
    } catch {
      return null;
    }
  }
}

function codesOf(row: FindingRow): FindingCode[] {
  return (JSON.parse(row.reasons) as { code: FindingCode }[]).map(({ code }) => code);
}

function findingWith(code: FindingCode, src: string, dst: string): Finding {
  return {
    ...{ code, src, dst, technique: null, severity: "info" },
    ...{ group: "", because: [], figures: {}, hiddenBy: null },
  };
}
