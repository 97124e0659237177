import { parentPort, workerData } from "node:worker_threads";
import { CanaryFinder, type CanaryPlace } from "../../../../gateCanaries.ts";
import { scanContent, type Content, type Part } from "./scanContent.ts";

export type ToScanner = {
  id: number;
  parts: { offset: number; bytes: Uint8Array }[];
  today: string;
  msMax: number;
};
export type FromScanner = { id: number; content: Content } | { id: number; problem: string };

const canaries = workerData as CanaryPlace | null;
const finder = canaries === null ? null : new CanaryFinder(canaries);

parentPort?.on("message", ({ id, parts, today, msMax }: ToScanner) => {
  const read: Part[] = parts.map(({ offset, bytes }) => ({
    offset,
    bytes: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength),
  }));
  const options = {
    today: Temporal.PlainDate.from(today),
    deadline: performance.now() + msMax,
    countCanaries: (text: string) => finder?.find(text).length ?? 0,
  };
  scanContent(read, options).then(
    (content) => parentPort?.postMessage({ id, content } satisfies FromScanner),
    (error: unknown) => {
      const problem = error instanceof Error ? error.message : String(error);
      parentPort?.postMessage({ id, problem } satisfies FromScanner);
    },
  );
});
