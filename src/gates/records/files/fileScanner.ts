import { createHash } from "node:crypto";
import { constants } from "node:fs";
import { open, type FileHandle } from "node:fs/promises";
import { Worker } from "node:worker_threads";
import type { CanaryPlace } from "../../../gateCanaries.ts";
import { siblingModule } from "../../../lib/sibling.ts";
import { PERSONAL_KINDS, type PersonalKind } from "../../../personal/kinds.ts";
import { detectFile } from "../../../lib/containers/detectFile.ts";
import type { Content, ContentProblem, Part } from "./read/scanContent.ts";
import type { FromScanner, ToScanner } from "./read/scanWorker.ts";

/** What a file holds of persons. */
export type FileScan = Omit<Content, "problems" | "textBytes"> & {
  bytes: number;
  /** Of all its bytes; null where nobody asked for it. */
  sha256: string | null;
  /**
   * Only head, middle and tail were looked at: rows, records, items and kinds are estimates for the whole.
   */
  estimated: boolean;
  problems: (ContentProblem | "time" | "memory")[];
};

export type ScanFileOptions = {
  today: Temporal.PlainDate;
  /** Larger files are looked at by head, middle and tail of so many bytes each. */
  sampleBytes?: number;
  /** Time for one file in the worker. */
  msMax?: number;
  /** Look at all of it, up to a gigabyte. */
  all?: boolean;
  /** Whether the whole file is read for its SHA-256. */
  hash?: boolean;
};

export const limits = {
  sampleBytes: 4 * 1024 ** 2,
  /** Archives are read whole up to this: their directory is at their end. */
  archiveBytesMax: 256 * 1024 ** 2,
  allBytesMax: 1024 ** 3,
  msMax: 30_000,
  heapMegabytes: 2_048,
} as const;

type Lost = { id: number; lost: "time" | "memory" | "broken" };
type Waiting = { id: number; resolve(result: FromScanner | Lost): void };

/**
 * Looks into files, hostile ones too: bytes are unpacked and read in a worker thread that is ended when it
 * takes too long or too much memory, and begun anew for the next file. One file at a time.
 */
export class FileScanner {
  readonly #canaries: CanaryPlace | null;
  #worker: Worker | null = null;
  #waiting: Waiting | null = null;
  #nextId = 1;
  #last: Promise<unknown> = Promise.resolve();

  /** Canaries are looked for where it is said which they are. */
  constructor(canaries: CanaryPlace | null = null) {
    this.#canaries = canaries;
  }

  /** Throws what the operating system says where the file cannot be read. */
  scanFile(path: string, options: ScanFileOptions): Promise<FileScan> {
    const scan = this.#last.then(() => this.#scanFile(path, options));
    this.#last = scan.catch(() => undefined);
    return scan;
  }

  async close(): Promise<void> {
    await this.#last;
    await this.#worker?.terminate();
    this.#worker = null;
  }

  async #scanFile(path: string, options: ScanFileOptions): Promise<FileScan> {
    // No link is followed, and a pipe that somebody put there cannot hold us.
    const handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      const stat = await handle.stat();
      if (!stat.isFile()) throw Object.assign(new Error(`${path} is no file`), { code: "EINVAL" });
      const parts = await readParts(handle, stat.size, options);
      const sha256 = options.hash === true ? await hashOf(handle, stat.size) : null;
      const read = parts.reduce((sum, { bytes }) => sum + bytes.length, 0);
      const result = await this.#ask(parts, options);
      const whole = { bytes: stat.size, sha256 };
      if ("lost" in result) return { ...nothing(), ...whole, problems: [result.lost] };
      if ("problem" in result) return { ...nothing(), ...whole, problems: ["broken"] };
      const { textBytes: _, ...content } = result.content;
      if (parts.length === 1) return { ...content, ...whole, estimated: false };
      return { ...scaled(content, stat.size / Math.max(1, read)), ...whole, estimated: true };
    } finally {
      await handle.close();
    }
  }

  #ask(
    parts: readonly Part[],
    { today, msMax = limits.msMax }: ScanFileOptions,
  ): Promise<FromScanner | Lost> {
    const id = this.#nextId++;
    this.#worker ??= this.#start();
    const worker = this.#worker;
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#lose(worker, "time"), msMax + 1_000);
      this.#waiting = {
        id,
        resolve: (result) => {
          clearTimeout(timer);
          this.#waiting = null;
          resolve(result);
        },
      };
      worker.postMessage({ id, parts: [...parts], today: today.toString(), msMax } satisfies ToScanner);
    });
  }

  #start(): Worker {
    const worker = new Worker(siblingModule(import.meta.url, "./read/scanWorker"), {
      resourceLimits: { maxOldGenerationSizeMb: limits.heapMegabytes },
      name: "scan",
      workerData: this.#canaries,
      execArgv: [], // Flags of the program itself may be none for a thread.
    });
    worker.unref();
    worker.on("message", (message: FromScanner) => {
      if (message.id === this.#waiting?.id) this.#waiting.resolve(message);
    });
    worker.on("error", (error: NodeJS.ErrnoException) => {
      this.#lose(worker, error.code === "ERR_WORKER_OUT_OF_MEMORY" ? "memory" : "broken");
    });
    worker.on("exit", () => this.#lose(worker, "memory"));
    return worker;
  }

  /** Gives the file up that the worker was at, and the worker with it. */
  #lose(worker: Worker, why: Lost["lost"]): void {
    if (this.#worker !== worker) return;
    this.#worker = null;
    void worker.terminate();
    const waiting = this.#waiting;
    waiting?.resolve({ id: waiting.id, lost: why });
  }
}

/** Looks into one file. For many, keep a FileScanner. */
export async function scanFile(path: string, options: ScanFileOptions): Promise<FileScan> {
  const scanner = new FileScanner();
  try {
    return await scanner.scanFile(path, options);
  } finally {
    await scanner.close();
  }
}

function nothing(): Omit<FileScan, "bytes" | "sha256" | "problems"> {
  const byKind = Object.fromEntries(PERSONAL_KINDS.map((kind) => [kind, 0])) as Record<PersonalKind, number>;
  const counts = { rows: 0, records: 0, items: 0, byKind, canaries: 0 };
  return { kind: "binary", encoding: null, ...counts, columns: [], members: [], estimated: false };
}

function scaled<Counted extends Pick<FileScan, "rows" | "records" | "items" | "byKind">>(
  content: Counted,
  factor: number,
): Counted {
  const times = (count: number): number => Math.round(count * factor);
  const byKind = Object.fromEntries(
    PERSONAL_KINDS.map((kind) => [kind, times(content.byKind[kind])]),
  ) as Record<PersonalKind, number>;
  const { rows, records, items } = content;
  return { ...content, rows: times(rows), records: times(records), items: times(items), byKind };
}

/** All of a small file or archive; of others head, middle and tail. */
async function readParts(handle: FileHandle, size: number, options: ScanFileOptions): Promise<Part[]> {
  const sample = options.sampleBytes ?? limits.sampleBytes;
  const head = await readAt(handle, 0, Math.min(size, sample));
  const { kind } = detectFile(head.bytes);
  if (kind === "binary" || kind === "empty") return [head];
  const wholeMax = kind === "text" ? sample * 3 : limits.archiveBytesMax;
  if (size <= Math.max(wholeMax, options.all === true ? limits.allBytesMax : 0)) {
    return size <= sample ? [head] : [await readAt(handle, 0, size)];
  }
  if (kind !== "text")
    return [await readAt(handle, 0, limits.archiveBytesMax), { offset: size, bytes: Buffer.alloc(0) }];
  // Offsets are even, so that UTF-16 is not torn.
  const middle = Math.floor((size - sample) / 4) * 2;
  const tail = Math.floor((size - sample) / 2) * 2;
  return [head, await readAt(handle, middle, sample), await readAt(handle, tail, size - tail)];
}

async function readAt(handle: FileHandle, offset: number, length: number): Promise<Part> {
  const bytes = Buffer.alloc(length);
  let done = 0;
  while (done < length) {
    const { bytesRead } = await handle.read(bytes, done, length - done, offset + done);
    if (bytesRead === 0) break; // It was cut off meanwhile.
    done += bytesRead;
  }
  return { offset, bytes: bytes.subarray(0, done) };
}

async function hashOf(handle: FileHandle, size: number): Promise<string> {
  const hash = createHash("sha256");
  const buffer = Buffer.alloc(1024 ** 2);
  for (let offset = 0; offset < size;) {
    const { bytesRead } = await handle.read(buffer, 0, Math.min(buffer.length, size - offset), offset);
    if (bytesRead === 0) break;
    hash.update(buffer.subarray(0, bytesRead));
    offset += bytesRead;
  }
  return hash.digest("hex");
}
