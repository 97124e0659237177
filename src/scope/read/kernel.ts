import { fillTables } from "./encodingTables.ts";
import { triageBytes } from "./triageBytes.ts";

/** What triage.as exports; all numbers are places in its memory unless they are named otherwise. */
type Exports = {
  triage(from: number, sectors: number, out: number): void;
  lines(from: number, to: number, index: number, most: number, mode: number): number;
  consumed(): number;
  decodeCp932(from: number, to: number, out: number, table: number): number;
  decodeEuc(from: number, to: number, out: number, table: number, more: number): number;
  decodeUtf8(from: number, to: number, out: number): number;
  decodeWide(from: number, to: number, out: number, high: number): number;
  cost(): number;
  costEuc(from: number, to: number, table: number, more: number): number;
  faultsUtf8(from: number, to: number): number;
  highBytes(): number;
};

/** Classes of sectors, as triage.as numbers them. */
export const sectorClass = { zero: 0, random: 1, binary: 2, text: 3, wideLittle: 4, wideBig: 5 } as const;

/** How lines are looked for. */
export const lineMode = { image: 1, little: 2, big: 4, final: 8 } as const;

/** Bits of a line's flags. */
export const lineFlag = { notAscii: 1, utf8: 2, utf8Long: 4, escape: 8, atSign: 64 } as const;
/** What ended a line: a line end, a NUL, another control character, or the end of what there was. */
export const endKind = { lineEnd: 0, nul: 1, control: 2, none: 3 } as const;
export const endOf = (flags: number): number => (flags >> 4) & 3;
export const digitsIn = (flags: number): number => (flags >> 8) & 255;
export const quotesIn = (flags: number): number => flags >>> 16;

export const linesMax = 65_536;
/** One memory for everything: tables, lines found, the window of the input, and the decoded record. */
const layout = {
  cp932: 0x10000,
  euc: 0x50000,
  jis0212: 0x70000,
  eucCost: 0x90000,
  index: 0xa0000,
  sectors: 0x1a0000,
  out: 0x1c0000,
  window: 0x5c0000,
  end: 0x1000000,
} as const;
export const windowBytes = layout.end - layout.window;
const pageBytes = 65_536;
/** How much memory a kernel takes; loops look at sixteen bytes at a time, and so a little beyond. */
export const kernelBytes = layout.end + pageBytes;

/** Memory that a kernel shares with others, of which `kernelBytes` from `base` on are its own. */
export type SharedPart = { memory: WebAssembly.Memory; base: number };

let compiled: WebAssembly.Module | null = null;
const free: Kernel[] = [];

/** The loops over every byte, with their memory. One reader at a time uses one. */
export class Kernel {
  readonly #exports: Exports;
  /** All of the memory: places in it are indexes into it. */
  readonly bytes: Buffer;
  /** Four words for each line: start, end, flags, counts of , TAB ; | in a byte each. */
  readonly index: Int32Array;
  /** The class of each sector of the window. */
  readonly sectors: Uint8Array;
  readonly out: number;
  readonly window: number;
  /** What lies at `out` decoded from CP932; -1: nothing. */
  readonly #known = { from: -1, to: -1, end: 0 };
  readonly #base: number;
  readonly #shared: boolean;

  constructor(part?: SharedPart) {
    compiled ??= new WebAssembly.Module(Buffer.from(triageBytes, "base64"));
    const pages = kernelBytes / pageBytes;
    const memory = part?.memory ?? new WebAssembly.Memory({ initial: pages, maximum: pages });
    const base = part?.base ?? 0;
    this.#base = base;
    this.#shared = part !== undefined;
    this.out = base + layout.out;
    this.window = base + layout.window;
    this.#exports = new WebAssembly.Instance(compiled, { env: { memory } }).exports as Exports;
    this.bytes = Buffer.from(memory.buffer);
    this.index = new Int32Array(memory.buffer, base + layout.index, linesMax * 4);
    this.sectors = new Uint8Array(memory.buffer, base + layout.sectors, layout.out - layout.sectors);
    fillTables({
      cp932: new Uint32Array(memory.buffer, base + layout.cp932, 65_536),
      euc: new Uint16Array(memory.buffer, base + layout.euc, 65_536),
      jis0212: new Uint16Array(memory.buffer, base + layout.jis0212, 65_536),
      eucCost: new Uint8Array(memory.buffer, base + layout.eucCost, 65_536),
    });
  }

  /** One that is free, or a new one: making the tables takes a moment. */
  static take(): Kernel {
    return free.pop() ?? new Kernel();
  }

  release(): void {
    // What shares somebody's memory is his.
    if (!this.#shared) free.push(this);
  }

  /** Classes of `count` sectors from `from`, into `sectors`. */
  triage(from: number, count: number): void {
    this.#exports.triage(from, count, this.#base + layout.sectors);
  }

  /** Lines in [from, to) into `index`; `consumed()` says where the first one begins that is not there. */
  lines(from: number, to: number, mode: number): number {
    return this.#exports.lines(from, to, this.#base + layout.index, linesMax, mode);
  }

  consumed(): number {
    return this.#exports.consumed();
  }

  /** Each writes UTF-8 at `out` and returns its end. */
  decodeCp932(from: number, to: number): number {
    const known = this.#known;
    if (known.from !== from || known.to !== to) this.costCp932(from, to);
    known.from = -1;
    return known.end;
  }

  decodeEuc(from: number, to: number): number {
    this.#known.from = -1;
    return this.#exports.decodeEuc(from, to, this.out, this.#base + layout.euc, this.#base + layout.jis0212);
  }

  decodeUtf8(from: number, to: number): number {
    this.#known.from = -1;
    return this.#exports.decodeUtf8(from, to, this.out);
  }

  decodeWide(from: number, to: number, littleEndian: boolean): number {
    this.#known.from = -1;
    return this.#exports.decodeWide(from, to, this.out, littleEndian ? 1 : 0);
  }

  /**
   * Whoever asks what a line costs as CP932 mostly decodes it next: it lies at `out` then, until something
   * else is decoded.
   */
  costCp932(from: number, to: number): number {
    const known = this.#known;
    known.end = this.#exports.decodeCp932(from, to, this.out, this.#base + layout.cp932);
    known.from = from;
    known.to = to;
    return this.#exports.cost();
  }

  costEuc(from: number, to: number): number {
    return this.#exports.costEuc(from, to, this.#base + layout.eucCost, this.#base + layout.jis0212);
  }

  faultsUtf8(from: number, to: number): number {
    return this.#exports.faultsUtf8(from, to);
  }

  /** Bytes that are not ASCII, of what a cost was taken of last. */
  highBytes(): number {
    return this.#exports.highBytes();
  }
}
