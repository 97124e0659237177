import { KeyedHash, type HashKey } from "./keyedHash.ts";

/** Small keyed tables, made once for a key: what would otherwise be hashed for every row. */
export class KeyedTables {
  /** One of 64 bits for each pair of letters; index: first × 32 + second, letters 0 to 31. */
  readonly pairBits = new Uint8Array(32 * 32);
  /** One of 64 bits for each digit in each place; index: place × 10 + digit. */
  readonly digitBits = new Uint8Array(16 * 10);
  /** Parts of a day, 16 bits each, never 0. */
  readonly yearMonth: Uint16Array;
  readonly monthDay: Uint16Array;
  readonly yearDay: Uint16Array;
  readonly yearBoth: Uint16Array;

  constructor(key: HashKey) {
    const hash = new KeyedHash(key);
    const units = new Uint16Array(2);
    const low = (domain: number, one: number, two: number): number => {
      units[0] = one;
      units[1] = two;
      hash.hash(units, 0, 2, domain);
      return hash.low;
    };
    for (let at = 0; at < this.pairBits.length; at += 1) this.pairBits[at] = low(40, at, 0) & 63;
    for (let at = 0; at < this.digitBits.length; at += 1) this.digitBits[at] = low(41, at, 0) & 63;
    const part = (domain: number, one: number, two: number): number => (low(domain, one, two) % 0xffff) | 1;
    const years = 2101 - firstYear;
    this.yearMonth = fill(years * 13, (at) => part(42, Math.floor(at / 13), at % 13));
    this.monthDay = fill(13 * 32, (at) => part(43, at >> 5, at & 31));
    this.yearDay = fill(years * 32, (at) => part(44, at >> 5, at & 31));
    this.yearBoth = fill(years * 1024, (at) => part(45, at >> 10, at & 1023));
  }

  /** Low and high word of a day's signature. */
  birthLow(year: number, month: number, day: number): number {
    return (
      ((this.yearMonth[(year - firstYear) * 13 + month] as number) |
        ((this.monthDay[month * 32 + day] as number) << 16)) >>>
      0
    );
  }
  birthHigh(year: number, month: number, day: number): number {
    const [small, large] = month < day ? [month, day] : [day, month];
    return (
      ((this.yearDay[(year - firstYear) * 32 + day] as number) |
        ((this.yearBoth[(year - firstYear) * 1024 + small * 32 + large] as number) << 16)) >>>
      0
    );
  }
}

const firstYear = 1868;

function fill(length: number, make: (at: number) => number): Uint16Array {
  const table = new Uint16Array(length);
  for (let at = 0; at < length; at += 1) table[at] = make(at);
  return table;
}
