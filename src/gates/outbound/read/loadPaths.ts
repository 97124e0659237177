import { readdir, realpath, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { SekishoError, textOfError } from "../../../lib/error.ts";
import type { Unread } from "../connection.ts";
import type { Duck } from "../../../lib/openDuck.ts";
import { measureFile } from "../../../lib/measureFile.ts";
import { TABLES, type Table } from "../record/tables.ts";
import { makeViews } from "../record/views.ts";
import { readLineFile } from "./lineFile.ts";
import { lineReaderOf, type LineKind } from "./lineKinds.ts";
import type { LineReader } from "./lineReader.ts";
import { PartWriter } from "./partWriter.ts";
import type { Compression } from "./fileBytes.ts";
import { readPcapFile } from "./pcap/readPcapFile.ts";
import { recognise } from "./recognise.ts";
import { UnreadCounter } from "./unreadCounter.ts";
import { batchKey, loadZeekBatch, type ZeekPart } from "./zeekBatch.ts";
import type { ZeekKind } from "./zeekHeader.ts";
import type { ZeekSource } from "./zeekLine.ts";
import { cutZeekFile } from "./zeekParts.ts";

export type LoadedFile = {
  path: string;
  kind: ZeekKind | LineKind | "pcap";
  rows: number;
  bytes: number;
  sha256: string | null;
};

export type Loaded = {
  files: LoadedFile[];
  rows: Record<Table, number>;
  /** Lines and files that could not be read, of which `unread` was told the first of each file. */
  unread: number;
  /** Files that are known and of which nothing is needed (Zeek's files.log, x509.log …). */
  notNeeded: number;
  /** First and last time seen, in microseconds since 1970; null where there is nothing. */
  window: { from: number; to: number } | null;
};

export type LoadProgress = { bytesDone: number; bytesTotal: number; file: string; rows: number };

export type LoadOptions = {
  unread(unread: Unread): void;
  onProgress?(progress: LoadProgress): void;
  /** SHA-256 of every file that was read, for the ledger. */
  hashes?: boolean;
  memoryBytesMax?: number;
};

type Found = { path: string; bytes: number; writtenAt: number };

const batchBytes = 256 * 1024 ** 2;
const batchParts = 64;
const showMs = 250;
const filesMax = 1_000_000;
const depthMax = 32;

/**
 * Reads files and folders of logs, and makes of them the views `connection`, `naming` and `dns`. The rows
 * lie in temporary Parquet files in the folder of `duck` and go with it: a table in memory would need
 * five times as much room.
 */
export async function loadPaths(duck: Duck, paths: readonly string[], options: LoadOptions): Promise<Loaded> {
  const memoryBytesMax = options.memoryBytesMax ?? 400 * 1024 ** 2;
  const writer = await PartWriter.open({ folder: duck.folder, memoryBytesMax });
  try {
    const loading = new Loading(writer, options);
    await loading.walk(paths);
    await loading.readAll();
    await makeViews(duck, writer.parts);
    return { ...loading.loaded(), window: await windowOf(duck) };
  } finally {
    await writer.close();
  }
}

class Loading {
  readonly #writer: PartWriter;
  readonly #options: LoadOptions;
  readonly #unread: UnreadCounter;
  readonly #found: Found[] = [];
  readonly #files = new Map<string, LoadedFile>();
  readonly #batches = new Map<string, ZeekPart[]>();
  #notNeeded = 0;
  #bytesTotal = 0;
  #bytesDone = 0;
  #rows = 0;

  constructor(writer: PartWriter, options: LoadOptions) {
    this.#writer = writer;
    this.#options = options;
    this.#unread = new UnreadCounter(options.unread);
  }

  /** Finds the files, sorted by name within each folder, each once however many ways lead to it. */
  async walk(paths: readonly string[]): Promise<void> {
    const known = new Set<string>();
    for (const path of paths) {
      try {
        await stat(path);
      } catch (cause) {
        throw new SekishoError("input-unreadable", `Cannot read "${path}": ${textOfError(cause)}`, {
          hint: "give files or folders of logs that exist and that you may read",
          cause,
        });
      }
      await this.#walkOne(path, known, 0);
    }
  }

  async #walkOne(path: string, known: Set<string>, depth: number): Promise<void> {
    try {
      const real = await realpath(path);
      if (known.has(real)) return; // Also where a link leads back up.
      known.add(real);
      const facts = await stat(real);
      if (facts.isFile()) {
        this.#found.push({ path, bytes: facts.size, writtenAt: facts.mtimeMs * 1_000 });
        this.#bytesTotal += facts.size;
      } else if (facts.isDirectory()) {
        if (depth >= depthMax || this.#found.length >= filesMax)
          throw new Error("too deep, or too many files");
        for (const name of (await readdir(real)).sort()) {
          if (!name.startsWith(".")) await this.#walkOne(join(path, name), known, depth + 1);
        }
      }
    } catch (error) {
      this.#unread.add({ file: path, line: 0, problem: textOfError(error) });
    }
  }

  async readAll(): Promise<void> {
    for (const file of this.#found) {
      try {
        await this.#read(file);
      } catch (error) {
        if (error instanceof SekishoError) throw error; // It is not of this file.
        this.#unread.add({ file: file.path, line: 0, problem: textOfError(error) });
      }
    }
    for (const [key, parts] of this.#batches) await this.#flush(key, parts);
    await this.#writer.flush();
    this.#unread.end();
  }

  async #read(file: Found): Promise<void> {
    const { path, bytes } = file;
    const { compression, found } = await recognise(path, basename(path));
    const lines = (kind: LoadedFile["kind"], reader: LineReader) =>
      this.#readLines({ ...file, compression, kind, reader });
    switch (found.what) {
      case "not-needed":
        this.#notNeeded += 1;
        return this.#progress(path, bytes);
      case "unknown":
        this.#unread.add({ file: path, line: 0, problem: found.problem });
        return this.#progress(path, bytes);
      case "zeek-tsv":
      case "zeek-json":
        return this.#readZeek({ ...file, compression, source: found.source });
      case "lines":
        return lines(found.kind, lineReaderOf(found.kind, { now: () => file.writtenAt }));
      case "pcap":
        return this.#readPcap({ ...file, compression });
    }
  }

  async #readZeek(file: Found & { compression: Compression | null; source: ZeekSource }): Promise<void> {
    await this.#began(file, file.source.kind);
    await cutZeekFile(file, {
      writer: this.#writer,
      onProblem: (problem) => this.#unread.add({ file: file.path, line: 0, problem }),
      onPart: (part) => this.#take(part),
    });
  }

  async #readLines(
    file: Found & { compression: Compression | null; kind: LoadedFile["kind"]; reader: LineReader },
  ): Promise<void> {
    const { path, compression, reader } = file;
    await this.#began(file, file.kind);
    const rows = await readLineFile(
      { path, file: path, firstLine: 1, compression, reader },
      { writer: this.#writer, unread: this.#unread, onRead: (bytes) => this.#progress(path, bytes) },
    );
    this.#countRows(path, rows);
  }

  async #readPcap(file: Found & { compression: Compression | null }): Promise<void> {
    const { path, compression } = file;
    await this.#began(file, "pcap");
    const rows = await readPcapFile(path, {
      ...{ compression, writer: this.#writer, unread: this.#unread },
      onRead: (bytes) => this.#progress(path, bytes),
    });
    this.#countRows(path, rows);
  }

  async #began({ path, bytes }: Found, kind: LoadedFile["kind"]): Promise<void> {
    const sha256 = this.#options.hashes === true ? (await measureFile(path)).sha256 : null;
    this.#files.set(path, { path, kind, rows: 0, bytes, sha256 });
  }

  async #take(part: ZeekPart): Promise<void> {
    const key = batchKey(part);
    const parts = this.#batches.get(key) ?? [];
    parts.push(part);
    this.#batches.set(key, parts);
    const bytes = parts.reduce((sum, one) => sum + one.plainBytes, 0);
    if (parts.length >= batchParts || bytes >= batchBytes) await this.#flush(key, parts);
  }

  async #flush(key: string, parts: readonly ZeekPart[]): Promise<void> {
    this.#batches.delete(key);
    const bytes = parts.reduce((sum, part) => sum + part.bytes, 0);
    const name = (parts[0] as ZeekPart).file;
    const timer = setInterval(() => this.#show(name, bytes * this.#writer.share), showMs);
    try {
      await loadZeekBatch(parts, {
        ...{ writer: this.#writer, unread: this.#unread },
        onRows: (file, rows) => this.#countRows(file, rows),
      });
    } finally {
      clearInterval(timer);
    }
    for (const { file, bytes } of parts) this.#progress(file, bytes);
  }

  #countRows(path: string, rows: number): void {
    (this.#files.get(path) as LoadedFile).rows += rows;
    this.#rows += rows;
  }

  #progress(file: string, bytes: number): void {
    this.#bytesDone += bytes;
    this.#show(file, 0);
  }

  /** `more` bytes are being read just now. */
  #show(file: string, more: number): void {
    const bytesDone = Math.round(this.#bytesDone + more);
    this.#options.onProgress?.({ bytesDone, bytesTotal: this.#bytesTotal, file, rows: this.#rows });
  }

  loaded(): Omit<Loaded, "window"> {
    const files = [...this.#files.values()];
    return { files, rows: this.#writer.rows, unread: this.#unread.count, notNeeded: this.#notNeeded };
  }
}

async function windowOf(duck: Duck): Promise<Loaded["window"]> {
  const all = Object.keys(TABLES).map(
    (table) => `SELECT min(seen_at) AS first, max(seen_at) AS last FROM ${table}`,
  );
  const [row] = await duck.rows<{ first: number | null; last: number | null }>(
    `SELECT min(first) AS first, max(last) AS last FROM (${all.join(" UNION ALL ")})`,
  );
  return row === undefined || row.first === null || row.last === null
    ? null
    : { from: row.first, to: row.last };
}
