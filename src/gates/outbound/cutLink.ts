import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { SekishoError } from "../../lib/error.ts";
import type { Intelligence } from "./analyze/intelligence.ts";
import { EnforcerClient, type EnforcerAnswer, type EnforcerHandlers } from "./cut/enforcerClient.ts";
import type { CutOrder, CutPlan, CutProof } from "./cut/cutOrder.ts";
import type { Cutter } from "./enforce.ts";
import type { OutboundSettings } from "./settings.ts";

/** The gate's use of the enforcer: the plan from the configuration, orders with their proofs, connections. */
export class CutLink implements Cutter {
  readonly #client: EnforcerClient;
  readonly #plan: CutPlan;

  constructor(settings: OutboundSettings, dataFolder: string, handlers: EnforcerHandlers) {
    const { cut } = settings;
    this.#plan = planOf(cut);
    const run = join(dataFolder, "run");
    this.#client = new EnforcerClient(
      {
        socketPath: cut?.socket ?? join(run, "enforcer.sock"),
        start:
          cut?.socket === undefined
            ? {
                stateFile: join(dataFolder, "outbound", "enforcer.json"),
                networkNamespace: cut?.networkNamespace ?? null,
                logFile: join(run, "enforcer.log"),
              }
            : null,
      },
      handlers,
    );
  }

  get linked(): boolean {
    return this.#client.linked;
  }

  async open(): Promise<void> {
    await this.#client.plan(this.#plan);
  }

  apply(order: CutOrder, options: { dry: boolean }): Promise<CutProof> {
    return proofOf(this.#client.apply(order, options));
  }

  renew(id: string, until: string): Promise<CutProof> {
    return proofOf(this.#client.renew(id, until));
  }

  lift(id: string): Promise<CutProof> {
    return proofOf(this.#client.lift(id));
  }

  /** Follows every connection of this gateway. */
  watchConnections(onLines: (lines: string[], lost: number) => void): void {
    this.#client.watchConnections(onLines);
  }

  /** Gives the enforcer the addresses of the lists, which it stops at once. */
  async keepIntelligence(intelligence: Intelligence, file: string): Promise<void> {
    const networks = intelligence.networks.map(({ network }) => network);
    await writeFile(file, `${[...intelligence.addresses.keys(), ...networks].join("\n")}\n`, { mode: 0o600 });
    const { ok, problem } = await this.#client.loadIntel(file);
    if (!ok) {
      throw new SekishoError("peer-unavailable", `Cannot load the intelligence lists: ${problem}`, {
        hint: "see run/enforcer.log in the data folder",
      });
    }
  }

  close(): void {
    this.#client.close();
  }
}

async function proofOf(asked: Promise<EnforcerAnswer>): Promise<CutProof> {
  const { ok, problem, proof } = await asked;
  if (ok && proof !== null) return proof;
  throw new SekishoError("peer-unavailable", `Cannot carry out the order: ${problem ?? "no proof"}`, {
    hint: "see run/enforcer.log in the data folder",
  });
}

function planOf(cut: OutboundSettings["cut"]): CutPlan {
  return {
    administrators: cut?.administrators ?? [],
    goesOn: cut?.goesOn ?? [],
    hooks: cut?.hooks ?? ["forward"],
    squid: cut?.squid ?? null,
    unbound:
      cut?.unbound === undefined
        ? null
        : {
            zoneFile: cut.unbound.zoneFile,
            zone: cut.unbound.zone,
            configFile: cut.unbound.configFile ?? null,
          },
    dnsmasq: cut?.dnsmasq ?? null,
  };
}
