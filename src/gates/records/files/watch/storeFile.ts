import { open } from "node:fs/promises";

/** Where evidence goes; the ledger's EvidenceStore is one. */
export type EvidenceSink = { put(content: Uint8Array): Promise<string> };
export type Stored = {
  /** Objects in the store, in the file's order. */
  parts: string[];
  /** Of what offsets each is. */
  offsets: number[];
  /** False: of a very large file only head, middle and tail. */
  whole: boolean;
};

/** One object at a time is in memory, with its encrypted copy. */
const partBytes = 32 * 1024 ** 2;

/** Puts a file into the evidence store in parts; of one above the limit head, middle and tail. */
export async function storeFile(path: string, sink: EvidenceSink, copyBytesMax: number): Promise<Stored> {
  const handle = await open(path, "r");
  const stored: Stored = { parts: [], offsets: [], whole: true };
  try {
    const { size } = await handle.stat();
    const offsets =
      size <= copyBytesMax
        ? Array.from({ length: Math.max(1, Math.ceil(size / partBytes)) }, (_, at) => at * partBytes)
        : [0, Math.floor((size - partBytes) / 2), size - partBytes];
    stored.whole = size <= copyBytesMax;
    for (const offset of offsets) {
      const buffer = Buffer.alloc(Math.max(0, Math.min(partBytes, size - offset)));
      let done = 0;
      while (done < buffer.length) {
        const { bytesRead } = await handle.read(buffer, done, buffer.length - done, offset + done);
        if (bytesRead === 0) break;
        done += bytesRead;
      }
      stored.parts.push(await sink.put(buffer.subarray(0, done)));
      stored.offsets.push(offset);
    }
    return stored;
  } finally {
    await handle.close();
  }
}
