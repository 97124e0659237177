import { createHash } from "node:crypto";
import { textOfError } from "../../../../lib/error.ts";
import type { Seen } from "../../connection.ts";
import { readFileBytes, type Compression } from "../fileBytes.ts";
import type { PartWriter } from "../partWriter.ts";
import type { UnreadCounter } from "../unreadCounter.ts";
import { Flows } from "./flows.ts";
import { FrameCutter } from "./frames.ts";
import { readPacket } from "./packet.ts";
import { secondsMax } from "../zeekLine.ts";

/** Reads the frames of a capture in order, however its bytes are cut; `line` of a problem is the frame. */
export class PcapReader {
  readonly #cutter = new FrameCutter();
  readonly #flows: Flows;
  #frame = 0;

  constructor(name: string) {
    this.#flows = new Flows(`P${createHash("sha256").update(name).digest("base64url").slice(0, 6)}`);
  }

  push(bytes: Buffer): { seen: Seen[]; problems: { line: number; problem: string }[] } {
    const { frames, problem } = this.#cutter.push(bytes);
    const seen: Seen[] = [];
    const problems: { line: number; problem: string }[] = [];
    for (const frame of frames) {
      this.#frame += 1;
      const packet =
        frame.at > 0 && frame.at < secondsMax * 1e6 ? readPacket(frame) : "a time that cannot be";
      if (typeof packet === "string") problems.push({ line: this.#frame, problem: packet });
      else if (packet !== null) for (const one of this.#flows.push(packet)) seen.push(one);
    }
    if (problem !== null) problems.push({ line: this.#frame + 1, problem });
    return { seen, problems };
  }

  end(): { seen: Seen[]; problems: { line: number; problem: string }[] } {
    const problem = this.#cutter.end();
    return {
      seen: this.#flows.end(),
      problems: problem === null ? [] : [{ line: this.#frame + 1, problem }],
    };
  }
}

/** Reads a capture into connections, names and questions. Returns how many rows it gave. */
export async function readPcapFile(
  path: string,
  to: {
    compression: Compression | null;
    writer: PartWriter;
    unread: UnreadCounter;
    onRead(bytes: number): void;
  },
): Promise<number> {
  const reader = new PcapReader(path);
  let rows = 0;
  const take = async ({ seen, problems }: ReturnType<PcapReader["push"]>): Promise<void> => {
    for (const { line, problem } of problems) to.unread.add({ file: path, line, problem });
    rows += seen.length;
    await to.writer.add(seen);
  };
  try {
    const { compression, onRead } = to;
    for await (const bytes of readFileBytes(path, { compression, onRead })) await take(reader.push(bytes));
  } catch (error) {
    to.unread.add({ file: path, line: 0, problem: textOfError(error) });
  }
  await take(reader.end());
  return rows;
}
