import { existsSync } from "node:fs";
import { rm, rmdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { realDisk } from "../../../lib/disk.ts";
import { textOfError } from "../../../lib/error.ts";
import { Turn } from "../../../lib/turn.ts";
import type { Connection, Seen } from "../connection.ts";
import { openDuck, type Duck } from "../../../lib/openDuck.ts";
import { measureFile } from "../../../lib/measureFile.ts";
import { listFiles, writeParquet } from "./recordFiles.ts";
import {
  beginOfHour,
  counts,
  hourOf,
  readFileName,
  readState,
  stateFile,
  type RecordFile,
  type RecordState,
} from "./recordState.ts";
import { appendSeen, makeStaging, stagedSql } from "./seenRows.ts";
import type { Table } from "./tables.ts";
import { sourceOf, withoutEnded } from "./views.ts";

/** A finished file of the record, for the ledger. Told at least once; after a crash perhaps again. */
export type FinishedFile = {
  path: string;
  table: Table;
  /** "2016-03-15/07", UTC. */
  hour: string;
  rows: number;
  bytes: number;
  sha256: string;
};

export type RecordOptions = {
  folder: string;
  /** How long a row may wait before it is on disk. */
  flushSeconds: number;
  onFile(file: FinishedFile): Promise<void>;
  /** What went wrong and is tried again: a full disk, say. */
  onProblem(problem: string): void;
  /** Milliseconds since 1970. */
  now?: () => number;
  memoryBytesMax?: number;
};

const limits = {
  /** So many rows are written early. */
  rowsPerFlush: 100_000,
  /** With more (the disk is full), sources are asked to wait; what cannot is lost and counted. */
  rowsWaitingMax: 400_000,
  openConnectionsMax: 200_000,
} as const;
/** Rows of an hour still come for a while after it; then its parts become one file. */
const lateMs = 120_000;
const gatherMs = 3_600_000;
/** Whoever is reading may finish with the files that were replaced. */
const graceMs = 600_000;

/**
 * The record of traffic: every row is written into a part within `flushSeconds`, and the parts of an hour
 * become one file when it is over. What a crash leaves half done never counts, and how far each source was
 * read is written in the same moment as its rows: so nothing is lost and nothing stands twice.
 */
export class TrafficRecord {
  readonly #options: RecordOptions;
  readonly #now: () => number;
  readonly #turn = new Turn();
  #state: RecordState;
  #duck: Duck | null = null;
  #waiting: Seen[] = [];
  #positions: Record<string, unknown> = {};
  #lost: Record<string, number> = {};
  /** Connections that have begun and not ended, by connection tracking; each is written once while open. */
  readonly #open = new Map<string, Seen & { table: "connection" }>();
  /** The parts of each hour, by "table/day/hour", and when the first of them came. */
  readonly #parts = new Map<string, { files: RecordFile[]; since: number }>();
  /** A write failed half-way: what it left must go before the next one takes its number. */
  #torn = false;
  #early = false;
  #timer: NodeJS.Timeout | undefined;

  private constructor(options: RecordOptions, state: RecordState) {
    this.#options = options;
    this.#now = options.now ?? (() => Temporal.Now.instant().epochMilliseconds);
    this.#state = state;
  }

  /** Opens the record, and clears away what a crash left behind. */
  static async open(options: RecordOptions): Promise<TrafficRecord> {
    await realDisk.makeFolder(options.folder);
    const state = await readState(options.folder);
    const record = new TrafficRecord(options, state);
    await record.#sweep();
    record.#timer = setInterval(() => void record.flush().catch(() => {}), options.flushSeconds * 1_000);
    record.#timer.unref();
    return record;
  }

  /** How far a source was read when its rows were last on disk; undefined for one never read. */
  position(source: string): unknown {
    return this.#state.positions[source];
  }

  /** How far every source was read when its rows were last on disk. */
  get positions(): Readonly<Record<string, unknown>> {
    return this.#state.positions;
  }

  /** Events that were lost, by source, since the record began. */
  get lost(): Readonly<Record<string, number>> {
    const all = { ...this.#state.lost };
    for (const [source, count] of Object.entries(this.#lost)) all[source] = (all[source] ?? 0) + count;
    return all;
  }

  /** Whether more rows may come. Who reads files waits; who cannot wait adds, and what is lost is counted. */
  get hasRoom(): boolean {
    return this.#waiting.length < limits.rowsWaitingMax;
  }

  /** Takes rows, and how far their source has been read with them (null: it is no more). */
  add(seen: readonly Seen[], read?: { source: string; position: unknown }): void {
    for (const one of seen) {
      if (one.table === "connection" && one.sensor === "conntrack") this.#follow(one);
      else this.#waiting.push(one);
    }
    if (this.#waiting.length > 2 * limits.rowsWaitingMax) {
      const lost = this.#waiting.splice(limits.rowsWaitingMax);
      for (const { sensor } of lost) this.lose(sensor, 1);
    }
    if (read !== undefined) this.#positions[read.source] = read.position;
    if (this.#waiting.length < limits.rowsPerFlush || this.#early) return;
    this.#early = true;
    this.flush().then(
      () => (this.#early = false),
      () => {}, // The disk does not take it: the next try is the timer's.
    );
  }

  /** Counts events that a source says it lost. */
  lose(source: string, count: number): void {
    this.#lost[source] = (this.#lost[source] ?? 0) + count;
  }

  /** One row a connection: the ended one; those still open are written at the next flush, as open. */
  #follow(one: Seen & { table: "connection" }): void {
    const key = keyOf(one);
    if (!one.open) {
      this.#open.delete(key);
      this.#waiting.push(one);
      return;
    }
    this.#open.set(key, one);
    if (this.#open.size > limits.openConnectionsMax) this.#ripen(Number.POSITIVE_INFINITY);
  }

  /** Lets open connections that began before a time go to the rows that are written. */
  #ripen(before: number): void {
    for (const [key, one] of this.#open) {
      if (one.at >= before) continue;
      this.#open.delete(key);
      this.#waiting.push(one);
    }
  }

  /** Writes what waits. Throws where the disk does not take it; the rows then wait on. */
  flush(): Promise<void> {
    return this.#turn.take(() => this.#flush(false));
  }

  /** Takes away what no write stands behind, and learns which hours have parts. */
  async #sweep(): Promise<void> {
    this.#parts.clear();
    for (const file of await listFiles(this.#options.folder)) {
      if (file.number > this.#state.number) await rm(join(this.#options.folder, file.path), { force: true });
      else if (file.part && counts(file, this.#state)) this.#know(file);
    }
    this.#torn = false;
  }

  #know(file: RecordFile): void {
    const key = `${file.table}/${file.hour}`;
    const known = this.#parts.get(key);
    if (known === undefined) this.#parts.set(key, { files: [file], since: this.#now() });
    else known.files.push(file);
  }

  async #flush(all: boolean): Promise<void> {
    this.#ripen(all ? Number.POSITIVE_INFINITY : (this.#now() - this.#options.flushSeconds * 1_000) * 1_000);
    const rows = this.#waiting;
    const [positions, lost] = [this.#positions, this.#lost];
    if (rows.length > 0 || Object.keys(positions).length > 0 || Object.keys(lost).length > 0) {
      [this.#waiting, this.#positions, this.#lost] = [[], {}, {}];
      try {
        if (this.#torn) await this.#sweep();
        const written = await this.#writeParts(rows);
        const sums = { ...this.#state.lost };
        for (const [source, count] of Object.entries(lost)) sums[source] = (sums[source] ?? 0) + count;
        const read = Object.entries({ ...this.#state.positions, ...positions });
        const kept = read.filter(([, position]) => position !== null);
        await this.#commit({ positions: Object.fromEntries(kept), lost: sums });
        for (const file of written) this.#know(file);
        this.#early = false;
      } catch (error) {
        this.#waiting = [...rows, ...this.#waiting];
        this.#positions = { ...positions, ...this.#positions };
        for (const [source, count] of Object.entries(lost)) this.lose(source, count);
        await this.#fail("Cannot write the record of traffic", error);
        throw error;
      }
    }
    try {
      await this.#compactAll();
    } catch (error) {
      await this.#fail("Cannot put an hour of the record together", error);
    }
  }

  async #fail(what: string, error: unknown): Promise<void> {
    this.#torn = true;
    this.#options.onProblem(`${what}: ${textOfError(error)}`);
    await this.#duck?.close(); // It may be out of service after what it threw.
    this.#duck = null;
  }

  async #writeParts(rows: readonly Seen[]): Promise<RecordFile[]> {
    const written: RecordFile[] = [];
    const number = this.#state.number + 1;
    const groups = Map.groupBy(rows, (one) => `${one.table}/${hourOf(one.at)}`);
    for (const [path, group] of groups) {
      const { table, at } = group[0] as Seen;
      const duck = await this.#database();
      await makeStaging(duck, table, "staged");
      await appendSeen(duck, "staged", group);
      const file = { path: `${path}/part-${number}.parquet`, table, hour: hourOf(at), number, part: true };
      await writeParquet(duck, stagedSql(table, "staged"), join(this.#options.folder, file.path));
      written.push(file);
    }
    return written;
  }

  async #database(): Promise<Duck> {
    const memoryBytesMax = this.#options.memoryBytesMax ?? 256 * 1024 ** 2;
    this.#duck ??= await openDuck({ memoryBytesMax, threads: 1 });
    return this.#duck;
  }

  /** The moment at which a write counts. */
  async #commit(change: Partial<RecordState>): Promise<void> {
    const state = { ...this.#state, ...change, number: this.#state.number + 1 };
    await realDisk.replace(join(this.#options.folder, stateFile), Buffer.from(JSON.stringify(state)));
    this.#state = state;
  }

  /** Makes one file of the parts of each hour that is over, and clears away the parts of earlier ones. */
  async #compactAll(): Promise<void> {
    if (this.#torn) await this.#sweep();
    for (const [key, { files, since }] of this.#parts) {
      const { hour } = files[0] as RecordFile;
      const over = this.#now() - (beginOfHour(hour) / 1_000 + 3_600_000);
      // A connection of many hours ends in the hour where it began: such late rows are gathered for a while.
      const ripe = over > lateMs && (over < gatherMs || files.length >= 50 || this.#now() - since > gatherMs);
      if (!ripe) continue;
      await this.#compact(files);
      this.#parts.delete(key);
    }
    await this.#tell();
    await this.#clear();
  }

  async #compact(parts: readonly RecordFile[]): Promise<void> {
    const { table, hour } = parts[0] as RecordFile;
    const duck = await this.#database();
    const paths = parts.map(({ path }) => join(this.#options.folder, path));
    const all = `SELECT * FROM ${sourceOf(table, paths)}`;
    const order = table === "dns" ? "src, query, seen_at" : "src, dst, seen_at";
    const sql = `SELECT * FROM (${table === "connection" ? withoutEnded(all) : all}) ORDER BY ${order}`;
    const path = `${table}/${hour}-${this.#state.number + 1}.parquet`;
    await writeParquet(duck, sql, join(this.#options.folder, path));
    const replaced = { ...this.#state.replaced };
    for (const part of parts) replaced[part.path] = this.#now();
    await this.#commit({ replaced, untold: [...this.#state.untold, path] });
  }

  /** Tells the ledger of the files that it may not have heard of. */
  async #tell(): Promise<void> {
    if (this.#state.untold.length === 0) return;
    for (const path of this.#state.untold) {
      const file = readFileName(path);
      const whole = join(this.#options.folder, path);
      if (file === null || !existsSync(whole)) continue; // Its retention ended before it was told.
      const duck = await this.#database();
      const [{ rows } = { rows: 0 }] = await duck.rows<{ rows: number }>(
        `SELECT count(*) AS rows FROM ${sourceOf(file.table, [whole])}`,
      );
      const { table, hour } = file;
      await this.#options.onFile({ path, table, hour, rows, ...(await measureFile(whole)) });
    }
    await this.#commit({ untold: [] });
  }

  async #clear(): Promise<void> {
    const old = Object.entries(this.#state.replaced).filter(([, at]) => at < this.#now() - graceMs);
    if (old.length === 0) return;
    for (const [path] of old) {
      const whole = join(this.#options.folder, path);
      await rm(whole, { force: true });
      await rmdir(dirname(whole)).catch(() => {}); // Unless other parts are in it.
    }
    const replaced = Object.fromEntries(
      Object.entries(this.#state.replaced).filter((entry) => !old.some(([path]) => path === entry[0])),
    );
    await this.#commit({ replaced });
  }

  /** Deletes the days that are older than the retention, and says which. */
  prune(retentionDays: number): Promise<{ day: string; files: number }[]> {
    return this.#turn.take(async () => {
      const first = new Date(this.#now() - retentionDays * 86_400_000).toISOString().slice(0, 10);
      const files = await listFiles(this.#options.folder, (day) => day < first);
      const days = Map.groupBy(files, ({ hour }) => hour.slice(0, 10));
      for (const { table, hour } of files) {
        this.#parts.delete(`${table}/${hour}`);
        await realDisk.remove(join(this.#options.folder, table, hour.slice(0, 10)));
      }
      const gone = [...days].map(([day, { length }]) => ({ day, files: length }));
      return gone.sort((one, other) => (one.day < other.day ? -1 : 1));
    });
  }

  /** Writes what waits, open connections too, and closes. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    try {
      await this.#turn.take(() => this.#flush(true));
    } finally {
      await this.#duck?.close();
      this.#duck = null;
    }
  }
}

function keyOf({ uid, src, srcPort, dst, dstPort }: Connection): string {
  return `${uid} ${src} ${srcPort} ${dst} ${dstPort}`;
}
