import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { Turn } from "../../../lib/turn.ts";
import type { CutPlan } from "./cutOrder.ts";
import { readListing, type Listed } from "./listing.ts";
import { isSingle, printNetwork, readNetwork, widest, type Network } from "./networks.ts";
import { listNftOnce, NftChild } from "./nftChild.ts";
import { halves, intelSet, intelTable, type Table } from "./ruleset.ts";
import { createText, ruleMark } from "./transaction.ts";

export const limits = {
  fileBytesMax: 256 * 1024 ** 2,
  entriesMax: 1_000_000,
  /** Interval sets cost every change of any table (nft 1.0.6): 2,000 some 4 ms, 100,000 seconds. */
  networksMax: 2_000,
  lineCharactersMax: 4_096,
  /** An emergency order waits for one chunk at most: some 10 ms. */
  chunkEntries: 1_000,
  answerMsMax: 20_000,
  lookMsMax: 5_000,
  fullLookMs: 60_000,
} as const;

type Loaded = { ok: boolean; problem: string | null; entries: number };

/** The addresses of an intelligence list in the kernel, by a process of its own. */
export class IntelSets {
  readonly #loader = new NftChild();
  readonly #reader = new NftChild(["-j", "-t"]);
  readonly #turn = new Turn();
  #plan: CutPlan;
  #loading: string | null = null;
  #file: string | null = null;
  #count = 0;
  #busy = false;
  #lookedAtMs = 0;

  constructor(plan: CutPlan) {
    this.#plan = plan;
  }

  /** The file in force, to be kept over a restart. */
  get file(): string | null {
    return this.#file;
  }

  /** Loads a list beside the one in force, then changes over in one transaction. */
  load(file: string): Promise<Loaded> {
    return this.#turn.take(async () => {
      this.#busy = true;
      try {
        return await this.#load(file);
      } catch (error) {
        return { ok: false, problem: (error as Error).message, entries: 0 };
      } finally {
        this.#busy = false;
      }
    });
  }

  /** Another plan has other hooks and administrators. */
  async setPlan(plan: CutPlan): Promise<Loaded | null> {
    this.#plan = plan;
    return this.#file === null ? null : this.load(this.#file);
  }

  /**
   * What is missing of the list in force; empty where none was loaded or all is in place. nft 1.0.6 reads all
   * elements of a table to list one rule of it (100,000: 0.7 s), so each time only the names of the chains
   * are compared, and rules and sets once in a while.
   */
  async drift(): Promise<string[]> {
    const loading = this.#loading;
    if (loading === null || this.#busy) return [];
    const table = intelTable(this.#plan, loading);
    const fully = performance.now() - this.#lookedAtMs > limits.fullLookMs;
    const wanted = fully ? `list table inet ${table.name}` : "list chains inet";
    const answer = await this.#reader.run(wanted, limits.lookMsMax);
    // A reader that died says nothing about the kernel; the next look has another one.
    if (answer.output === "" || loading !== this.#loading || this.#busy) return [];
    if (!fully) {
      const stands = ({ name }: { name: string }) =>
        answer.output.includes(`"table": "${table.name}", "name": "${name}"`);
      return table.chains.every(stands) ? [] : [`chains of table ${table.name} are missing`];
    }
    this.#lookedAtMs = performance.now();
    const listed = readListing(answer.output);
    const whole =
      listed !== null && !listed.asleep && sameChains(table.chains, listed) && sameSets(table, listed);
    return whole ? [] : [`table ${table.name} was changed`];
  }

  async #load(file: string): Promise<Loaded> {
    if ((await stat(file)).size > limits.fileBytesMax) {
      return { ok: false, problem: `${file}: more than ${limits.fileBytesMax} bytes`, entries: 0 };
    }
    const loading = `${process.pid.toString(36)}x${(this.#count += 1)}`;
    const table = intelTable(this.#plan, loading);
    const before = await listTerse(table.name);
    const framed = before !== null && sameFrame(table, before);
    const open = framed ? setsText(table) : createText(table, null);
    const opened = await this.#loader.run(open, limits.answerMsMax);
    if (!opened.ok) return { ok: false, problem: opened.problem, entries: 0 };
    const filled = await this.#fill(file, loading);
    if (filled.problem !== null) return { ok: false, problem: filled.problem, entries: filled.entries };
    if (framed) {
      const changed = await this.#loader.run(changeOver(table, before), limits.answerMsMax);
      if (!changed.ok) return { ok: false, problem: changed.problem, entries: filled.entries };
    }
    this.#loading = loading;
    this.#lookedAtMs = performance.now();
    this.#file = file;
    return { ok: true, problem: filled.note, entries: filled.entries };
  }

  async #fill(
    file: string,
    loading: string,
  ): Promise<{ entries: number; problem: string | null; note: string | null }> {
    const chunks = { 4: [] as string[], 6: [] as string[] };
    const networks: Network[] = [];
    const skipped = { lines: 0, networks: 0 };
    let entries = 0;
    const put = async (family: 4 | 6, kind: "single" | "network", keys: readonly string[]) => {
      if (keys.length === 0) return null;
      const at = `inet sekisho_intel ${intelSet(family, kind, loading)}`;
      const answer = await this.#loader.run(`add element ${at} { ${keys.join(", ")} }`, limits.answerMsMax);
      return answer.problem;
    };
    for await (const line of linesOf(file)) {
      const network = line === null ? null : readNetwork(entryOf(line));
      if (network === null) {
        if (line === null || !/^\s*(#.*)?$/.test(line)) skipped.lines += 1;
        continue;
      }
      if ((entries += 1) > limits.entriesMax) {
        return { entries, problem: `${file}: more than ${limits.entriesMax} entries`, note: null };
      }
      if (!isSingle(network)) {
        if (networks.length < limits.networksMax) networks.push(network);
        else skipped.networks += 1;
        continue;
      }
      const chunk = chunks[network.family];
      if (chunk.push(printNetwork(network)) < limits.chunkEntries) continue;
      const problem = await put(network.family, "single", chunk.splice(0));
      if (problem !== null) return { entries, problem, note: null };
    }
    for (const family of [4, 6] as const) {
      const wide = widest(networks.filter((network) => network.family === family));
      const problem =
        (await put(family, "single", chunks[family])) ??
        (await put(family, "network", wide.flatMap(halves).map(printNetwork)));
      if (problem !== null) return { entries, problem, note: null };
    }
    const notes = [
      ...(skipped.lines > 0 ? [`${skipped.lines} lines hold no address`] : []),
      ...(skipped.networks > 0
        ? [`${skipped.networks} networks left out; at most ${limits.networksMax} are loaded`]
        : []),
    ];
    return { entries, problem: null, note: notes.length === 0 ? null : notes.join("; ") };
  }

  close(): void {
    this.#loader.close();
    this.#reader.close();
  }
}

/** The first word of a line: lists put a comment, a comma or a score behind the address. */
function entryOf(line: string): string {
  return line.trim().split(/[\s,;#"]/)[0] ?? "";
}

/** Lines of a file of any size; null stands for one that is too long to be an entry. */
async function* linesOf(file: string): AsyncGenerator<string | null> {
  let rest = "";
  let skipping = false;
  for await (const piece of createReadStream(file, { encoding: "latin1" })) {
    const lines = (rest + (piece as string)).split("\n");
    rest = lines.pop() as string;
    for (const line of lines) {
      yield skipping ? null : line;
      skipping = false;
    }
    if (rest.length > limits.lineCharactersMax) {
      rest = "";
      skipping = true;
    }
  }
  if (skipping) yield null;
  else if (rest !== "") yield rest;
}

async function listTerse(table: string): Promise<Listed | null> {
  const answer = await listNftOnce(`list table inet ${table}`, ["-j", "-t"], limits.answerMsMax);
  return readListing(answer.output);
}

/** Whether administrators and hooks are those of the plan, so that only the sets need to change. */
function sameFrame({ chains }: Table, listed: Listed): boolean {
  const frame = chains.filter(({ name }) => name !== "stops");
  return !listed.asleep && sameChains(frame, listed);
}

function sameChains(chains: Table["chains"], listed: Listed): boolean {
  const marks = (name: string) => listed.chains.get(name)?.rules.map((rule) => rule.mark);
  return chains.every(({ name, rules }) => marks(name)?.join() === rules.map(ruleMark).join());
}

function sameSets(table: Table, listed: Listed): boolean {
  return Object.keys(table.sets).every((name) => listed.sets.has(name));
}

function setsText(table: Table): string {
  return Object.entries(table.sets)
    .map(([name, spec]) => `add set inet ${table.name} ${name} { ${spec} }`)
    .join("; ");
}

function changeOver(table: Table, before: Listed): string {
  const rules = table.chains.find(({ name }) => name === "stops")?.rules ?? [];
  return [
    `flush chain inet ${table.name} stops`,
    ...rules.map((rule) => `add rule inet ${table.name} stops ${rule} comment "${ruleMark(rule)}"`),
    ...[...before.sets.keys()].map((name) => `delete set inet ${table.name} ${name}`),
  ].join("; ");
}
