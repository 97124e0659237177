import type { Ledger } from "../../ledger/append.ts";
import type { EvidenceStore } from "../../ledger/evidence.ts";
import { makeEntry } from "../../ledger/draft.ts";
import { proveEntry } from "../../ledger/prove.ts";
import { PublishedTree } from "../../ledger/read.ts";
import { verifyLedger } from "../../ledger/verify.ts";
import { realDisk } from "../../lib/disk.ts";
import { SekishoError } from "../../lib/error.ts";
import type { LedgerIndex } from "../ledgerIndex.ts";
import type { LedgerService } from "../services.ts";

/** The ledger as the pages see it. */
export function createLedgerService(options: {
  ledger: Ledger;
  index: LedgerIndex;
  evidence: EvidenceStore;
}): LedgerService {
  const { ledger, index } = options;

  async function published(): Promise<PublishedTree> {
    await ledger.publish();
    const tree = await PublishedTree.open(realDisk, ledger.folder);
    if (tree !== null) return tree;
    throw new SekishoError("not-found", "Cannot read the ledger: nothing is in it yet", {
      hint: "wait for the first entry",
    });
  }

  return {
    async search(query) {
      return { rows: await index.search(query), size: ledger.size };
    },
    walk: (id) => index.walk(id),
    async prove(id) {
      const { index: place } = await index.find(id);
      return proveEntry(await published(), place);
    },
    async verify(by) {
      await ledger.publish();
      const report = await verifyLedger({
        disk: realDisk,
        folder: ledger.folder,
        deep: true,
        checkEvidence: (names) => options.evidence.check(names),
      });
      const draft = {
        kind: "observed" as const,
        code: "ledger-verified",
        about: { person: by.id },
        data: { ok: report.ok, size: report.size, problems: report.problems.length },
      };
      await ledger.append(makeEntry(draft, { by: "station", now: Temporal.Now.instant() }));
      return report;
    },
    async checkpoint() {
      return (await published()).checkpointText;
    },
    async record({ by, ...draft }) {
      const entry = makeEntry(draft, { by, now: Temporal.Now.instant() });
      await ledger.append(entry);
      return entry.id;
    },
  };
}
