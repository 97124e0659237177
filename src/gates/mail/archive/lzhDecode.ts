/** Bits of the dictionary by method; `-lh0-`, `-lz4-` and `-pm0-` are stored. */
const DICTIONARY_BITS: Record<string, number> = { "-lh4-": 12, "-lh5-": 13, "-lh6-": 15, "-lh7-": 16 };
const STORED = new Set(["-lh0-", "-lz4-", "-pm0-"]);

const codeSymbols = 510;
const lengthSymbols = 19;
const matchLengthMin = 3;

/** Whether this method is one that `decodeLzh` reads. */
export function canDecodeLzh(method: string): boolean {
  return STORED.has(method) || DICTIONARY_BITS[method] !== undefined;
}

/**
 * Unpacks one file of an LZH archive: LZSS with static Huffman codes, written anew for every block. Gives
 * null where the bytes are not such a stream. The caller has bounded `bytes`.
 */
export function decodeLzh(packed: Buffer, method: string, bytes: number): Buffer | null {
  if (STORED.has(method)) return packed.subarray(0, bytes);
  const dictionaryBits = DICTIONARY_BITS[method];
  if (dictionaryBits === undefined) return null;
  return new LzhDecoder(packed, dictionaryBits).decode(bytes);
}

/** A Huffman code as a table that is looked up by the next `bits` bits: symbol and length of its code. */
type Code = { bits: number; symbols: Uint16Array; lengths: Uint8Array };

class LzhDecoder {
  readonly #packed: Buffer;
  readonly #dictionaryBits: number;
  #at = 0;
  #window = 0;
  #windowBits = 0;
  #literals: Code | null = null;
  #offsets: Code | null = null;

  constructor(packed: Buffer, dictionaryBits: number) {
    this.#packed = packed;
    this.#dictionaryBits = dictionaryBits;
  }

  decode(bytes: number): Buffer | null {
    const out = Buffer.allocUnsafe(bytes);
    let size = 0;
    let blockLeft = 0;
    while (size < bytes) {
      // Four bytes of slack: the last code may look ahead over the end.
      if (this.#at > this.#packed.length + 4) return null;
      if (blockLeft === 0) {
        blockLeft = this.#read(16);
        if (!this.#readCodes()) return null;
        if (blockLeft === 0) return null;
      }
      blockLeft -= 1;
      const symbol = this.#symbol(this.#literals as Code);
      if (symbol < 256) {
        out[size] = symbol;
        size += 1;
        continue;
      }
      const length = symbol - 256 + matchLengthMin;
      const back = this.#readOffset() + 1;
      // The dictionary is filled with blanks before the first byte.
      for (let count = 0; count < length && size < bytes; count += 1, size += 1) {
        out[size] = size >= back ? (out[size - back] as number) : 0x20;
      }
    }
    return out;
  }

  #readOffset(): number {
    const bits = this.#symbol(this.#offsets as Code);
    return bits <= 1 ? bits : (1 << (bits - 1)) + this.#read(bits - 1);
  }

  #readCodes(): boolean {
    const lengths = this.#readLengths(lengthSymbols, 5, 3);
    if (lengths === null) return false;
    this.#literals = this.#readLiteralCode(lengths);
    if (this.#literals === null) return false;
    const count = this.#dictionaryBits + 1;
    this.#offsets = this.#readLengths(count, this.#dictionaryBits >= 15 ? 5 : 4, -1);
    return this.#offsets !== null;
  }

  /** The code of code lengths, or of offsets: lengths of 3 bits, with unary above 6. */
  #readLengths(countMax: number, countBits: number, skipAt: number): Code | null {
    const count = this.#read(countBits);
    if (count === 0) return singleCode(this.#read(countBits));
    if (count > countMax) return null;
    const lengths = new Uint8Array(countMax);
    for (let index = 0; index < count;) {
      let length = this.#read(3);
      if (length === 7) while (length < 17 && this.#read(1) === 1) length += 1;
      if (length > 16) return null;
      lengths[index] = length;
      index += 1;
      if (index === skipAt) index += this.#read(2);
    }
    return makeCode(lengths);
  }

  #readLiteralCode(lengthCode: Code): Code | null {
    const count = this.#read(9);
    if (count === 0) return singleCode(this.#read(9));
    if (count > codeSymbols) return null;
    const lengths = new Uint8Array(codeSymbols);
    for (let index = 0; index < count;) {
      const symbol = this.#symbol(lengthCode);
      if (symbol > 2) {
        lengths[index] = symbol - 2;
        index += 1;
      } else index += symbol === 0 ? 1 : symbol === 1 ? this.#read(4) + 3 : this.#read(9) + 20;
      if (this.#at > this.#packed.length + 4) return null;
    }
    return makeCode(lengths);
  }

  #symbol(code: Code): number {
    if (code.bits === 0) return code.symbols[0] as number;
    this.#fill(code.bits);
    const index = (this.#window >>> (this.#windowBits - code.bits)) & ((1 << code.bits) - 1);
    this.#windowBits -= code.lengths[index] as number;
    return code.symbols[index] as number;
  }

  #read(bits: number): number {
    if (bits === 0) return 0;
    this.#fill(bits);
    this.#windowBits -= bits;
    return (this.#window >>> this.#windowBits) & ((1 << bits) - 1);
  }

  #fill(bits: number): void {
    while (this.#windowBits < bits) {
      this.#window = ((this.#window << 8) | (this.#packed[this.#at] ?? 0)) >>> 0;
      this.#at += 1;
      this.#windowBits += 8;
    }
  }
}

function singleCode(symbol: number): Code {
  return { bits: 0, symbols: Uint16Array.of(symbol), lengths: Uint8Array.of(0) };
}

/** Canonical Huffman: codes of one length follow each other in the order of their symbols. */
function makeCode(lengths: Uint8Array): Code | null {
  const bits = lengths.reduce((most, length) => Math.max(most, length), 0);
  if (bits === 0) return null;
  const code: Code = {
    bits,
    symbols: new Uint16Array(1 << bits),
    lengths: new Uint8Array(1 << bits).fill(bits),
  };
  let next = 0;
  for (let length = 1; length <= bits; length += 1) {
    for (let symbol = 0; symbol < lengths.length; symbol += 1) {
      if (lengths[symbol] !== length) continue;
      const span = 1 << (bits - length);
      // A code that needs more than all values is not a code.
      if (next + span > 1 << bits) return null;
      code.symbols.fill(symbol, next, next + span);
      code.lengths.fill(length, next, next + span);
      next += span;
    }
  }
  return code;
}
