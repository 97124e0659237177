/** A captured frame with its time in microseconds. */
export type Frame = { at: number; linkType: number; bytes: Buffer };

/** Frames cut out of a capture; `problem` is about the capture itself, and ends it. */
export type Frames = { frames: Frame[]; problem: string | null };

/** No link carries more; a length beyond it is a broken one. */
const frameBytesMax = 256 * 1024;
const blockBytesMax = 16 * 1024 ** 2;
const interfacesMax = 1_024;

const classicMagics: Readonly<Record<string, { little: boolean; nano: boolean }>> = {
  a1b2c3d4: { little: false, nano: false },
  d4c3b2a1: { little: true, nano: false },
  a1b23c4d: { little: false, nano: true },
  "4d3cb2a1": { little: true, nano: true },
};

type Classic = { little: boolean; nano: boolean; linkType: number };
type Section = { little: boolean; interfaces: { linkType: number; perSecond: number }[] };

/** Cuts the bytes of a capture, classic pcap or pcapng, into frames. Whatever the bytes are, it ends. */
export class FrameCutter {
  #rest: Buffer = Buffer.alloc(0);
  #classic: Classic | null = null;
  #section: Section | null = null;
  #broken = false;

  push(bytes: Buffer): Frames {
    if (this.#broken) return { frames: [], problem: null };
    this.#rest = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    const frames: Frame[] = [];
    let at = 0;
    for (;;) {
      const step = this.#step(this.#rest, at, frames);
      if (typeof step === "string") {
        this.#broken = true;
        this.#rest = Buffer.alloc(0);
        return { frames, problem: step };
      }
      if (step === 0) break;
      at += step;
    }
    this.#rest = Buffer.from(this.#rest.subarray(at));
    return { frames, problem: null };
  }

  /** What is left when the capture ends. */
  end(): string | null {
    return this.#rest.length === 0 || this.#broken ? null : "the capture ends in the midst of a frame";
  }

  /** Takes one piece: how long it is, 0 where it is not whole yet, or what is wrong. */
  #step(bytes: Buffer, at: number, frames: Frame[]): number | string {
    if (this.#classic !== null) return this.#classicFrame(bytes, at, frames);
    if (this.#section !== null) return this.#block(bytes, at, frames);
    if (bytes.length < 28) return 0;
    const magic = bytes.toString("hex", 0, 4);
    if (magic === "0a0d0d0a") return this.#block(bytes, at, frames);
    const form = classicMagics[magic];
    if (form === undefined) return "neither pcap nor pcapng";
    this.#classic = { ...form, linkType: read32(bytes, 20, form.little) & 0xffff };
    return 24;
  }

  #classicFrame(bytes: Buffer, at: number, frames: Frame[]): number | string {
    const { little, nano, linkType } = this.#classic as Classic;
    if (bytes.length - at < 16) return 0;
    const [seconds, part, length] = [0, 4, 8].map((offset) => read32(bytes, at + offset, little));
    if ((length as number) > frameBytesMax) return `a frame of ${length} bytes: the capture is damaged`;
    const end = at + 16 + (length as number);
    if (bytes.length < end) return 0;
    const time = (seconds as number) * 1e6 + Math.floor((part as number) / (nano ? 1_000 : 1));
    frames.push({ at: time, linkType, bytes: bytes.subarray(at + 16, end) });
    return end - at;
  }

  /** Blocks of pcapng (draft-ietf-opsawg-pcapng, section 4). */
  #block(bytes: Buffer, at: number, frames: Frame[]): number | string {
    if (bytes.length - at < 12) return 0;
    if (bytes.readUInt32BE(at) === 0x0a0d0d0a) {
      const order = bytes.readUInt32BE(at + 8);
      if (order !== 0x1a2b3c4d && order !== 0x4d3c2b1a) return "a section without byte order: damaged";
      this.#section = { little: order === 0x4d3c2b1a, interfaces: [] };
    }
    const section = this.#section;
    if (section === null) return "a block before the first section";
    const length = read32(bytes, at + 4, section.little);
    const possible = length >= 12 && length % 4 === 0 && length <= blockBytesMax;
    if (!possible) return `a block of ${length} bytes: the capture is damaged`;
    if (bytes.length < at + length) return 0;
    const body = bytes.subarray(at + 8, at + length - 4);
    const type = read32(bytes, at, section.little);
    const problem = type === 1 ? this.#describe(body) : type === 6 ? this.#enhanced(body, frames) : null;
    return problem ?? length;
  }

  /** Interface description: its link type and how fine its clock is. */
  #describe(body: Buffer): string | null {
    const { little, interfaces } = this.#section as Section;
    if (body.length < 8 || interfaces.length >= interfacesMax) return "an interface that cannot be: damaged";
    let perSecond = 1e6;
    for (let at = 8; at + 4 <= body.length;) {
      const [code, length] = [read16(body, at, little), read16(body, at + 2, little)];
      if (code === 0) break;
      const resolution = body[at + 4];
      if (code === 9 && length === 1 && resolution !== undefined) {
        perSecond = resolution & 0x80 ? 2 ** Math.min(resolution & 0x7f, 60) : 10 ** Math.min(resolution, 18);
      }
      at += 4 + Math.ceil(length / 4) * 4;
    }
    interfaces.push({ linkType: read16(body, 0, little), perSecond });
    return null;
  }

  #enhanced(body: Buffer, frames: Frame[]): string | null {
    const { little, interfaces } = this.#section as Section;
    const from = body.length < 20 ? undefined : interfaces[read32(body, 0, little)];
    if (from === undefined) return "a frame of no interface: damaged";
    const length = read32(body, 12, little);
    if (length > body.length - 20) return "a frame longer than its block: damaged";
    const at = timeOf(read32(body, 4, little), read32(body, 8, little), from.perSecond);
    frames.push({ at, linkType: from.linkType, bytes: body.subarray(20, 20 + length) });
    return null;
  }
}

/** Microseconds of a time of 64 bits, which in nanoseconds is more than a number holds. */
function timeOf(high: number, low: number, perSecond: number): number {
  if (perSecond === 1e6) return high * 2 ** 32 + low;
  return Number((((BigInt(high) << 32n) | BigInt(low)) * 1_000_000n) / BigInt(perSecond));
}

function read32(bytes: Buffer, at: number, little: boolean): number {
  return little ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at);
}

function read16(bytes: Buffer, at: number, little: boolean): number {
  return little ? bytes.readUInt16LE(at) : bytes.readUInt16BE(at);
}
