import {
  closeSync,
  fdatasync,
  fdatasyncSync,
  fstatSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
} from "node:fs";
import { renameSync, rmSync, statSync, readSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { SekishoError } from "../lib/error.ts";

/** A place in the spool: a segment and a byte in it. */
export type SpoolPlace = { segment: number; offset: number };

export const limits = {
  segmentBytesMax: 4 * 1024 ** 2,
  spoolBytesMax: 8 * 1024 ** 3,
  unwrittenBytesMax: 256 * 1024,
  takenNotedMs: 250,
} as const;

const newline = Buffer.from("\n");

/**
 * A gate's own disk queue of entries, one canonical JSON line each. A line is in the page cache after
 * `flush`, so it outlives the process; `sync` brings it to the medium. What the station has taken is
 * removed a
 * segment at a time. A torn last line was never acknowledged to anyone, and is cut off on opening.
 */
export class Spool {
  readonly #folder: string;
  #segments: number[];
  #file: number;
  #written: SpoolPlace;
  #taken: SpoolPlace;
  #syncing: Promise<void> | null = null;
  #lines = 0;
  #bytesTotal = 0;
  #takenTimer: NodeJS.Timeout | null = null;
  #unwritten: Uint8Array[] = [];
  #unwrittenBytes = 0;
  #torn = false;

  private constructor(
    folder: string,
    state: { segments: number[]; file: number; written: SpoolPlace; taken: SpoolPlace },
  ) {
    this.#folder = folder;
    this.#segments = state.segments;
    this.#file = state.file;
    this.#written = state.written;
    this.#taken = state.taken;
  }

  static open(folder: string): Spool {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const segments = readdirSync(folder)
      .filter((name) => /^segment-\d{12}$/.test(name))
      .map((name) => Number(name.slice(8)))
      .sort((one, other) => one - other);
    if (segments.length === 0) segments.push(0);
    const noted = readTaken(folder) ?? { segment: segments[0] as number, offset: 0 };
    // When power was lost, the note of what was taken may be ahead of the files: nothing is written below it.
    if ((segments.at(-1) as number) < noted.segment) segments.push(noted.segment);
    const last = segments.at(-1) as number;
    const file = openSync(pathOf(folder, last), "a+", 0o600);
    const offset = cutTornLine(folder, last, file);
    const written = { segment: last, offset };
    const taken = noted.segment === last ? { segment: last, offset: Math.min(noted.offset, offset) } : noted;
    const kept = segments.filter((segment) => segment >= taken.segment);
    const spool = new Spool(folder, { segments: kept, file, written, taken });
    spool.#count();
    return spool;
  }

  /** Where the station has come to: what lies after it is to be sent. */
  get taken(): SpoolPlace {
    return this.#taken;
  }

  /** Lines that the station has not yet taken. */
  get waiting(): number {
    return this.#lines;
  }

  /** Takes one line; `flush` writes it. Throws `limit-passed` where the spool is full. */
  add(line: Uint8Array): void {
    if (this.#bytesTotal + line.length > limits.spoolBytesMax) {
      throw new SekishoError("limit-passed", "Cannot spool an entry: the spool holds 8 GiB already", {
        hint: "start the station, so that it takes the spooled entries",
      });
    }
    // Before the line is taken: where the disk is full, a line that was refused is not kept either.
    if (this.#unwrittenBytes >= limits.unwrittenBytesMax) this.flush();
    this.#unwritten.push(line, newline);
    this.#lines += 1;
    this.#bytesTotal += line.length + 1;
    this.#unwrittenBytes += line.length + 1;
  }

  /**
   * All lines so far are in the page cache when this returns, so they outlive the process. Where the disk
   * does not take them they wait for the next time, and nothing of them stays in the file.
   */
  flush(): void {
    if (this.#unwritten.length === 0) return;
    if (this.#torn) this.#cutTorn();
    if (this.#written.offset >= limits.segmentBytesMax) this.#startSegment();
    const bytes = Buffer.concat(this.#unwritten);
    let done = 0;
    try {
      while (done < bytes.length) done += writeSync(this.#file, bytes, done);
    } catch (error) {
      this.#torn = true;
      this.#cutTorn();
      throw error;
    }
    this.#unwritten = [];
    this.#unwrittenBytes = 0;
    this.#written = { segment: this.#written.segment, offset: this.#written.offset + bytes.length };
  }

  #cutTorn(): void {
    ftruncateSync(this.#file, this.#written.offset);
    this.#torn = false;
  }

  /** Resolves when all lines so far are on the medium; calls that come together share one flush. */
  async sync(): Promise<void> {
    this.flush();
    if (this.#syncing !== null) await this.#syncing;
    const file = this.#file;
    this.#syncing ??= new Promise<void>((resolve, reject) => {
      // A segment that was ended meanwhile was brought to the medium then.
      fdatasync(file, (error) => (error === null || file !== this.#file ? resolve() : reject(error)));
    }).finally(() => (this.#syncing = null));
    await this.#syncing;
  }

  /** Lines after `place`, at most `bytesMax` of them, and the place after the last. */
  read(place: SpoolPlace, bytesMax: number): { lines: string[]; next: SpoolPlace } {
    this.flush();
    let { segment, offset } = place;
    for (const candidate of this.#segments.filter((one) => one >= segment)) {
      if (candidate > segment) [segment, offset] = [candidate, 0];
      const bytes = readChunk(pathOf(this.#folder, segment), offset, bytesMax);
      const end = bytes.lastIndexOf(0x0a) + 1;
      if (end === 0) continue;
      const lines = bytes
        .subarray(0, end - 1)
        .toString("utf8")
        .split("\n");
      return { lines, next: { segment, offset: offset + end } };
    }
    return { lines: [], next: { segment, offset } };
  }

  /** Notes that the station has all up to `place`, which were `lines` lines. */
  take(place: SpoolPlace, lines: number): void {
    const newSegment = place.segment !== this.#taken.segment;
    this.#taken = place;
    this.#lines = Math.max(0, this.#lines - lines);
    this.#takenTimer ??= setTimeout(() => this.#noteTaken(), limits.takenNotedMs).unref();
    if (!newSegment) return;
    this.#noteTaken();
    const [old, kept] = [
      this.#segments.filter((segment) => segment < place.segment),
      this.#segments.filter((segment) => segment >= place.segment),
    ];
    for (const segment of old) {
      this.#bytesTotal -= statSync(pathOf(this.#folder, segment)).size;
      rmSync(pathOf(this.#folder, segment), { force: true });
    }
    this.#segments = kept;
  }

  /** Noted now and then: lines that are sent twice after a crash are known to the ledger by their ids. */
  #noteTaken(): void {
    if (this.#takenTimer !== null) clearTimeout(this.#takenTimer);
    this.#takenTimer = null;
    const temporary = join(this.#folder, "taken.new");
    try {
      writeFileSync(temporary, `${this.#taken.segment} ${this.#taken.offset}\n`, { mode: 0o600 });
      renameSync(temporary, join(this.#folder, "taken"));
    } catch {
      // A full disk: the next note says more, and until then lines would only be sent twice.
    }
  }

  close(): void {
    this.flush();
    if (this.#takenTimer !== null) this.#noteTaken();
    closeSync(this.#file);
  }

  #startSegment(): void {
    const segment = this.#written.segment + 1;
    const file = openSync(pathOf(this.#folder, segment), "a+", 0o600);
    // The old segment must be on the medium before waiters of the new one are told that they are.
    const old = this.#file;
    fdatasyncSync(old);
    closeSync(old);
    this.#file = file;
    this.#segments.push(segment);
    this.#written = { segment, offset: 0 };
  }

  #count(): void {
    let place = this.#taken;
    for (;;) {
      const { lines, next } = this.read(place, limits.segmentBytesMax);
      if (lines.length === 0) break;
      this.#lines += lines.length;
      place = next;
    }
    for (const segment of this.#segments) this.#bytesTotal += statSync(pathOf(this.#folder, segment)).size;
  }
}

function pathOf(folder: string, segment: number): string {
  return join(folder, `segment-${String(segment).padStart(12, "0")}`);
}

function readTaken(folder: string): SpoolPlace | null {
  try {
    const noted = /^(\d{1,12}) (\d{1,12})\n$/.exec(readFileSync(join(folder, "taken"), "utf8"));
    // One that power loss left empty or torn says nothing: all is sent again.
    return noted === null ? null : { segment: Number(noted[1]), offset: Number(noted[2]) };
  } catch {
    return null; // Never taken: all is to be sent, and the ledger knows what it has by id.
  }
}

function cutTornLine(folder: string, segment: number, file: number): number {
  const bytes = readFileSync(pathOf(folder, segment));
  const end = bytes.lastIndexOf(0x0a) + 1;
  if (end < bytes.length) ftruncateSync(file, end);
  return end;
}

/** At least one whole line, however long; a line is at most 64 KiB. */
function readChunk(path: string, offset: number, bytesMax: number): Buffer {
  const file = openSync(path, "r");
  try {
    const bytes = Buffer.allocUnsafe(
      Math.min(Math.max(0, fstatSync(file).size - offset), Math.max(bytesMax, 128 * 1024)),
    );
    return bytes.subarray(0, readSync(file, bytes, 0, bytes.length, offset));
  } finally {
    closeSync(file);
  }
}
