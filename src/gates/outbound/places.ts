import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { isIP } from "node:net";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { SekishoError, textOfError } from "../../lib/error.ts";

/** Where an address is: its country (ISO 3166-1) and who announces its network, as far as tables say. */
export type Place = { country: string | null; network: string | null };

export const limits = { fileBytesMax: 256 * 1024 ** 2, rangesMax: 2_000_000 } as const;

const nowhere: Place = { country: null, network: null };

/**
 * Countries of addresses by the registries' own statistics, and networks by a table of the operator's
 * choice. Read once, when first wanted; a few megabytes in memory. Nothing is asked of the Internet.
 */
export class Places {
  readonly #countries = new RangeTable();
  readonly #networks = new RangeTable();

  /** `networkFiles` are CSV files of the form FROM,TO,NUMBER,NAME. Problems are said, never thrown. */
  static async open(
    networkFiles: readonly string[],
    onProblem: (problem: string) => void = () => {},
  ): Promise<Places> {
    const places = new Places();
    const read = async (file: string, table: RangeTable): Promise<void> => {
      try {
        const unread = await readRanges(file, table);
        if (unread > 0) onProblem(`${file}: ${unread} lines are no ranges of addresses`);
      } catch (error) {
        const hint = error instanceof SekishoError ? `; ${error.hint}` : "";
        onProblem(`Cannot read places from ${file}: ${textOfError(error)}${hint}`);
      }
    };
    for (const family of ["ipv4", "ipv6"]) {
      const file = import.meta.resolve(`@ip-location-db/asn-country/asn-country-${family}-num.csv`);
      await read(fileURLToPath(file), places.#countries);
    }
    for (const file of networkFiles) await read(file, places.#networks);
    places.#countries.sort();
    places.#networks.sort();
    return places;
  }

  of(address: string): Place {
    const number = numberOf(address);
    if (number === null) return nowhere;
    return { country: this.#countries.find(number), network: this.#networks.find(number) };
  }
}

type Number128 = { value: bigint; six: boolean };

type Row = { from: bigint; to: bigint; six: boolean; word: number };

/** Ranges of addresses in order, each with a word; words are kept once. */
class RangeTable {
  readonly #words: string[] = [];
  readonly #wordNumbers = new Map<string, number>();
  #rows: Row[] = [];
  #four = { from: new Uint32Array(), to: new Uint32Array(), word: new Uint32Array() };
  #six = { from: new BigUint64Array(), to: new BigUint64Array(), word: new Uint32Array() };

  add(from: Number128, to: Number128, word: string): boolean {
    if (from.six !== to.six || from.value > to.value || this.#rows.length >= limits.rangesMax) return false;
    const number = this.#wordNumbers.get(word) ?? this.#words.push(word) - 1;
    this.#wordNumbers.set(word, number);
    this.#rows.push({ from: from.value, to: to.value, six: from.six, word: number });
    return true;
  }

  /** Afterwards it can be searched. */
  sort(): void {
    const rows = this.#rows;
    // Tables come in order; to sort one all the same takes a tenth of a second in which nothing else happens.
    const inOrder = rows.every((row, at) => at === 0 || (rows[at - 1] as Row).from <= row.from);
    if (!inOrder) rows.sort((one, other) => (one.from < other.from ? -1 : one.from > other.from ? 1 : 0));
    const [four, six] = [rows.filter((row) => !row.six), rows.filter((row) => row.six)];
    this.#four = {
      from: Uint32Array.from(four, ({ from }) => Number(from)),
      to: Uint32Array.from(four, ({ to }) => Number(to)),
      word: Uint32Array.from(four, ({ word }) => word),
    };
    // The upper half of an address is enough: no network is smaller than 2^64 addresses.
    this.#six = {
      from: BigUint64Array.from(six, ({ from }) => from >> 64n),
      to: BigUint64Array.from(six, ({ to }) => to >> 64n),
      word: Uint32Array.from(six, ({ word }) => word),
    };
    this.#rows = [];
  }

  find({ value, six }: Number128): string | null {
    if (six) {
      const at = lastNotAfter(this.#six.from, value >> 64n);
      return at < 0 || (this.#six.to[at] as bigint) < value >> 64n ? null : this.#word(this.#six.word[at]);
    }
    const at = lastNotAfter(this.#four.from, Number(value));
    return at < 0 || (this.#four.to[at] as number) < Number(value) ? null : this.#word(this.#four.word[at]);
  }

  #word(number: number | undefined): string | null {
    return this.#words[number ?? -1] ?? null;
  }
}

/** The last place of a sorted list that is not greater; -1 where all are. */
function lastNotAfter<Value extends number | bigint>(sorted: ArrayLike<Value>, value: Value): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] as Value) <= value) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** Reads FROM,TO,WORD or FROM,TO,NUMBER,"NAME" lines; gives how many were none. */
async function readRanges(file: string, table: RangeTable): Promise<number> {
  const { size } = await stat(file);
  if (size > limits.fileBytesMax) {
    throw new SekishoError("input-too-large", `it has ${size} bytes`, {
      hint: `at most ${limits.fileBytesMax} bytes`,
    });
  }
  let unread = 0;
  const six = /ipv6/i.test(file);
  for await (const line of createInterface({ input: createReadStream(file) })) {
    if (line === "" || line.startsWith("#")) continue;
    const [from = "", to = "", first = "", ...rest] = line.split(",");
    const [low, high] = [numberOf(from, six), numberOf(to, six)];
    const name = rest.join(",").replace(/^"|"$/g, "").trim().slice(0, 100);
    const word = rest.length === 0 ? first.trim().slice(0, 100) : `AS${first} ${name}`.trim();
    if (low === null || high === null || word === "" || !table.add(low, high, word)) unread += 1;
  }
  return unread;
}

/** An address, or a number as tables of addresses write it; null for what is neither. */
function numberOf(text: string, six = false): Number128 | null {
  if (/^\d{1,39}$/.test(text)) {
    const value = BigInt(text);
    const isSix = six || value >= 1n << 32n;
    return value >= 1n << 128n ? null : { value, six: isSix };
  }
  const plain = text.replace(/^::ffff:(?=\d+\.)/i, "");
  const family = isIP(plain);
  if (family === 4)
    return { value: BigInt(plain.split(".").reduce((sum, one) => sum * 256 + Number(one), 0)), six: false };
  return family === 6 ? { value: sixOf(plain), six: true } : null;
}

function sixOf(address: string): bigint {
  const [bare = ""] = address.split("%");
  // A URL parser writes the last part of "::1.2.3.4" as two groups.
  const whole = new URL(`http://[${bare}]/`).hostname.slice(1, -1);
  const [head = "", tail] = whole.split("::");
  const groups = (part: string): string[] => part.split(":").filter((group) => group !== "");
  const [before, after] = [groups(head), groups(tail ?? "")];
  const zeros = Array<string>(8 - before.length - after.length).fill("0");
  return [...before, ...zeros, ...after].reduce((sum, group) => (sum << 16n) + BigInt(`0x${group}`), 0n);
}
