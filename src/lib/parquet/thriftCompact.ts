/**
 * Thrift's compact protocol (apache/thrift doc/specs/thrift-compact-protocol.md), as far as Parquet needs it.
 */
export const thriftType = {
  true: 1,
  false: 2,
  byte: 3,
  i32: 5,
  i64: 6,
  binary: 8,
  list: 9,
  struct: 12,
} as const;

export class ThriftWriter {
  readonly #parts: number[] = [];
  readonly #last: number[] = [0];

  get bytes(): Uint8Array {
    return Uint8Array.from(this.#parts);
  }

  /** Opens a field of a struct; fields come in the order of their numbers. */
  #field(id: number, type: number): void {
    const delta = id - (this.#last.at(-1) as number);
    if (delta > 0 && delta < 16) this.#parts.push((delta << 4) | type);
    else {
      this.#parts.push(type);
      this.#zigzag(id);
    }
    this.#last[this.#last.length - 1] = id;
  }

  #varint(value: number): void {
    let rest = value;
    while (rest >= 0x80) {
      this.#parts.push((rest % 0x80) | 0x80);
      rest = Math.floor(rest / 0x80);
    }
    this.#parts.push(rest);
  }

  #zigzag(value: number): void {
    this.#varint(value >= 0 ? value * 2 : -value * 2 - 1);
  }

  i32(id: number, value: number): void {
    this.#field(id, thriftType.i32);
    this.#zigzag(value);
  }

  i64(id: number, value: number): void {
    this.#field(id, thriftType.i64);
    this.#zigzag(value);
  }

  byte(id: number, value: number): void {
    this.#field(id, thriftType.byte);
    this.#parts.push(value & 0xff);
  }

  boolean(id: number, value: boolean): void {
    this.#field(id, value ? thriftType.true : thriftType.false);
  }

  text(id: number, value: string): void {
    this.#field(id, thriftType.binary);
    this.#text(value);
  }

  #text(value: string): void {
    const bytes = new TextEncoder().encode(value);
    this.#varint(bytes.length);
    for (const byte of bytes) this.#parts.push(byte);
  }

  #listHead(id: number, type: number, count: number): void {
    this.#field(id, thriftType.list);
    if (count < 15) this.#parts.push((count << 4) | type);
    else {
      this.#parts.push(0xf0 | type);
      this.#varint(count);
    }
  }

  numbers(id: number, values: readonly number[]): void {
    this.#listHead(id, thriftType.i32, values.length);
    for (const value of values) this.#zigzag(value);
  }

  texts(id: number, values: readonly string[]): void {
    this.#listHead(id, thriftType.binary, values.length);
    for (const value of values) this.#text(value);
  }

  struct(id: number, write: () => void): void {
    this.#field(id, thriftType.struct);
    this.fields(write);
  }

  structs<One>(id: number, values: readonly One[], write: (one: One) => void): void {
    this.#listHead(id, thriftType.struct, values.length);
    for (const value of values) this.fields(() => write(value));
  }

  /** The fields of one struct, with its end. */
  fields(write: () => void): void {
    this.#last.push(0);
    write();
    this.#last.pop();
    this.#parts.push(0);
  }
}
