import type { EvidenceStore } from "../../ledger/evidence.ts";
import { makeUuidV7 } from "../../lib/identifier.ts";
import { textOfError } from "../../lib/error.ts";
import type { Catalog } from "./catalog.ts";
import type { CatalogKeeper } from "./catalogKeeper.ts";
import type { Crossed, KeptReading } from "./describeReading.ts";
import { findDrift, type Drift } from "./discover/findDrift.ts";
import { reasonOf } from "./judgeReading.ts";
import type { RecordsMemory } from "./memory.ts";
import type { RecordsSettings } from "./settings.ts";

export const limits = { againMs: 7 * 24 * 3_600_000, secondsMax: 60 } as const;

export type DriftKeeperOptions = {
  settings: RecordsSettings;
  catalog: CatalogKeeper;
  evidence: EvidenceStore;
  memory: RecordsMemory;
  pass: (crossed: Crossed) => Promise<unknown>;
  onProblem: (problem: string) => void;
};

/** Looks again and again for columns that look personal and of which nobody has said so. */
export class DriftKeeper {
  readonly #options: DriftKeeperOptions;
  #before: Catalog | null = null;
  #timer: NodeJS.Timeout | null = null;

  constructor(options: DriftKeeperOptions) {
    this.#options = options;
  }

  start(): void {
    const { settings } = this.#options;
    if (settings.watcher === undefined) return;
    const look = (): void =>
      void this.look().catch((error: unknown) => this.#options.onProblem(textOfError(error)));
    this.#timer = setInterval(look, settings.driftMinutes * 60_000);
    setTimeout(look, Math.min(60_000, settings.driftMinutes * 60_000)).unref();
  }

  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
  }

  /** One look; gives what was told. */
  async look(): Promise<Drift[]> {
    const { settings, catalog, memory } = this.#options;
    const database = settings.watcher?.database ?? "";
    const found = await catalog.ask(
      database,
      (client) =>
        findDrift((text, values) => client.query(text, values === undefined ? [] : [...values]), {
          settings,
          before: this.#before,
          look: this.#before === null ? "all" : "new",
          today: Temporal.Now.plainDateISO(),
        }),
      { transaction: false },
    );
    if (found === null) return [];
    this.#before = found.catalog;
    const fresh = found.drift.filter(({ relation, column, what }) =>
      memory.tellOnce(`drift ${relation}.${column} ${what}`, Date.now(), limits.againMs),
    );
    for (const drift of fresh) await this.#tell(drift);
    return fresh;
  }

  async #tell(drift: Drift): Promise<void> {
    const { relation, column, kind, confidence, what, because } = drift;
    const reason = reasonOf("schema-drift", {
      person: "",
      client: "",
      relations: relation,
      detail: because.en,
      count: 0,
      limit: 0,
      window: "hour",
    });
    const kept: KeptReading = { text: "", reasons: [{ code: "schema-drift", because }] };
    const sentences = await this.#options.evidence.put(Buffer.from(JSON.stringify(kept)));
    await this.#options.pass({
      code: "columns-changed",
      about: { event: makeUuidV7(Date.now()), person: "", relations: relation, column },
      data: { verb: "", column, kind, what, confidence: Math.round(confidence * 100) / 100 },
      evidence: [sentences],
      judgement: { act: { do: "tell" }, reasons: [{ ...reason, because }], order: null },
      dry: false,
      outcome: {},
    });
  }
}
