import { basename, join } from "node:path";
import type { EvidenceHash } from "../../ledger/entry.ts";
import { canaryPlaceOf } from "../../gateCanaries.ts";
import type { EvidenceStore } from "../../ledger/evidence.ts";
import type { Keyring } from "../../ledger/keyring.ts";
import { makeUuidV7 } from "../../lib/identifier.ts";
import type { Crossed, KeptReading } from "./describeReading.ts";
import { FileWatch } from "./files/watch/watchFiles.ts";
import type { WatchedFile, WatchProblem } from "./files/watch/watchedFile.ts";
import type { RecordsCode } from "./findings.ts";
import { reasonOf } from "./judgeReading.ts";
import type { RecordsMemory } from "./memory.ts";
import type { RecordsSettings } from "./settings.ts";

export const limits = { problemAgainMs: 24 * 3_600_000 } as const;

export type FileKeeperOptions = {
  watch: NonNullable<RecordsSettings["watch"]>;
  dataFolder: string;
  keyring: Keyring;
  evidence: EvidenceStore;
  memory: RecordsMemory;
  pass: (crossed: Crossed) => Promise<unknown>;
  onProblem: (problem: string) => void;
};

type Told = {
  event: string;
  code: Crossed["code"];
  findings: RecordsCode[];
  person: string;
  detail: string;
  count: number;
};

/** The watch on files as a part of the gate: what it finds passes through the gate's loop. */
export class FileKeeper {
  readonly #options: FileKeeperOptions;
  readonly #watch: FileWatch;

  constructor(options: FileKeeperOptions) {
    this.#options = options;
    const { watch, dataFolder, evidence, keyring } = options;
    this.#watch = new FileWatch({
      folders: watch.folders,
      workFolder: join(dataFolder, "records", "watch"),
      evidence,
      onFile: (found) => this.#tellFile(found),
      onProblem: (problem) => this.#tellProblem(problem),
      limits: { copyBytesMax: watch.copyBytesMax, reportRecords: watch.reportRecords },
      ignore: [dataFolder],
      canaries: canaryPlaceOf(dataFolder, keyring),
    });
  }

  start(): Promise<void> {
    return this.#watch.start();
  }

  close(): Promise<void> {
    return this.#watch.close();
  }

  async #tellFile(found: WatchedFile): Promise<void> {
    const { path, names, occasion, scan, evidence, writer } = found;
    const who = [writer.user ?? (writer.uid === null ? "?" : `uid ${writer.uid}`), writer.process ?? "?"];
    const event = makeUuidV7(Date.now());
    const crossing = {
      event,
      code: "file-seen",
      findings: scan.canaries > 0 ? ["canary-staged", "staged-file"] : ["staged-file"],
      person: who.join(" / "),
      detail: `${path} (${occasion})`,
      count: scan.records,
    } satisfies Told;
    const parts = (evidence?.parts ?? []) as EvidenceHash[];
    await this.#pass(crossing, {
      about: { file: basename(path) },
      parts,
      data: {
        path,
        names: names.slice(0, 10),
        occasion,
        kind: scan.kind,
        encoding: scan.encoding ?? null,
        bytes: scan.bytes,
        records: scan.records,
        items: scan.items,
        byKind: scan.byKind,
        estimated: scan.estimated,
        sha256: scan.sha256,
        whole: evidence?.whole ?? false,
        kept: evidence !== null,
        writer: { ...writer },
        firstSeen: found.firstSeen.toString(),
      },
    });
  }

  #tellProblem(problem: WatchProblem): void {
    const { memory, onProblem } = this.#options;
    onProblem(problem.because.en);
    // That the writers' names are not to be had is known at the start, and is nobody's finding.
    if (problem.code === "writers-unknown") return;
    const key = `watch ${problem.code} ${problem.path ?? ""}`;
    if (!memory.tellOnce(key, Date.now(), limits.problemAgainMs)) return;
    const crossing = {
      event: makeUuidV7(Date.now()),
      code: "watch-seen",
      findings: [problem.code === "disk-short" ? "disk-short" : "watch-broken"],
      person: "",
      detail: problem.because.en,
      count: 0,
    } satisfies Told;
    const data = { problem: problem.code, path: problem.path };
    this.#pass(crossing, { about: {}, parts: [], data, because: problem.because }).catch((error: unknown) =>
      onProblem(String(error)),
    );
  }

  async #pass(
    crossing: Told,
    told: {
      about: Record<string, string>;
      parts: EvidenceHash[];
      data: Crossed["data"];
      because?: { en: string; ja: string };
    },
  ): Promise<void> {
    const { person, detail, count, findings } = crossing;
    const named = { person, client: "", relations: "-", detail, count, limit: 0, window: "hour" } as const;
    const reasons = findings.map((finding) => {
      const reason = reasonOf(finding, named);
      return { ...reason, because: told.because ?? reason.because };
    });
    const kept: KeptReading = { text: "", reasons: reasons.map(({ code, because }) => ({ code, because })) };
    const sentences = await this.#options.evidence.put(Buffer.from(JSON.stringify(kept)));
    await this.#options.pass({
      code: crossing.code,
      about: { event: crossing.event, person, ...told.about },
      data: { verb: "", ...told.data },
      evidence: [sentences, ...told.parts],
      judgement: { act: { do: "tell" }, reasons, order: null },
      dry: false,
      outcome: {},
    });
  }
}
