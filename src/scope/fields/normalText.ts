import type { FieldReading } from "./classifyField.ts";
import { has, unitClasses } from "./cell.ts";
import { kind } from "./kinds.ts";

export const limits = { bytesMax: 512 * 1024 } as const;

/** Canonical forms of fields, as UTF-8 one behind the other. */
export class NormalText {
  readonly bytes = new Uint8Array(limits.bytesMax);
  length = 0;

  clear(): void {
    this.length = 0;
  }

  /** Writes the form of what was just read; nothing for what has none. */
  write(found: number, reading: FieldReading): void {
    if (this.length > limits.bytesMax - 16_384) return;
    const { cell, name, digits } = reading;
    if (found === kind.name || found === kind.kana) {
      const apart = found === kind.kana || name.known > 0 || cell.blanks > 0;
      this.#name(name.units, name.length, apart ? name.family : 0);
    } else if (found === kind["roman-name"]) this.#upper(cell.units, cell.length);
    else if (found === kind.sex) this.#ascii(reading.sex === 1 ? "male" : "female");
    else if (found === kind.email) this.#lower(cell.units, cell.length);
    else if (found === kind["postal-code"]) {
      this.#units(digits.units, 0, 3);
      this.#unit(0x2d);
      this.#units(digits.units, 3, digits.length);
    } else if (found === kind.phone) {
      if (digits.plus && digits.units[0] !== 0x30) this.#unit(0x2b);
      this.#units(digits.units, 0, digits.length);
    } else if (found === kind.address) this.#address(reading);
    else if (found === kind.passport || found === kind["customer-id"]) this.#upper(cell.units, cell.length);
    else if (found === kind["my-number"] || found === kind["payment-card"])
      this.#units(digits.units, 0, digits.length);
  }

  /** "1985-03-02" */
  writeDay(packed: number): void {
    const year = Math.floor(packed / 10_000);
    this.#two(Math.floor(year / 100));
    this.#two(year % 100);
    this.bytes[this.length++] = 0x2d;
    this.#two(Math.floor(packed / 100) % 100);
    this.bytes[this.length++] = 0x2d;
    this.#two(packed % 100);
  }

  #name(units: Uint16Array, length: number, family: number): void {
    this.#units(units, 0, family);
    if (family > 0 && family < length) this.#unit(0x20);
    this.#units(units, family, length);
  }

  /** City, town and numbers without the prefecture: 千代田区丸の内1-2-3; what stands behind is kept. */
  #address({ address, cell }: FieldReading): void {
    if (cell.kanji === 0) return this.#upper(cell.units, cell.length);
    this.#units(address.town, 0, address.townLength);
    for (let at = 0; at < address.numberCount; at += 1) {
      if (at > 0) this.#unit(0x2d);
      this.#ascii(String(address.numbers[at]));
    }
  }

  #two(number: number): void {
    this.bytes[this.length++] = 0x30 + Math.floor(number / 10);
    this.bytes[this.length++] = 0x30 + (number % 10);
  }

  #ascii(text: string): void {
    for (let at = 0; at < text.length; at += 1) this.bytes[this.length++] = text.charCodeAt(at);
  }
  #upper(units: Uint16Array, length: number): void {
    for (let at = 0; at < length; at += 1) {
      const unit = units[at] as number;
      this.#unit((unitClasses[unit] as number) === has.lower ? unit - 0x20 : unit);
    }
  }
  #lower(units: Uint16Array, length: number): void {
    for (let at = 0; at < length; at += 1) {
      const unit = units[at] as number;
      this.#unit((unitClasses[unit] as number) === has.upper ? unit + 0x20 : unit);
    }
  }
  #units(units: Uint16Array, from: number, to: number): void {
    for (let at = from; at < to; at += 1) this.#unit(units[at] as number);
  }
  #unit(unit: number): void {
    const { bytes } = this;
    if (unit < 0x80) bytes[this.length++] = unit;
    else if (unit < 0x800) {
      bytes[this.length++] = 0xc0 | (unit >> 6);
      bytes[this.length++] = 0x80 | (unit & 63);
    } else {
      bytes[this.length++] = 0xe0 | (unit >> 12);
      bytes[this.length++] = 0x80 | ((unit >> 6) & 63);
      bytes[this.length++] = 0x80 | (unit & 63);
    }
  }
}
