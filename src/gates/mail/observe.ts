import type { ReaderPool } from "./reader/createReaderPool.ts";
import type { History, SeenMail, Transport } from "./seen.ts";
import { unknownHistory } from "./seen.ts";

/** What the gate brings to a message beside its bytes: the time, and what it remembers of an address. */
export type Surroundings = {
  at: Temporal.Instant;
  historyOf: (address: string) => History | Promise<History>;
  /** What in a text is a canary customer's. */
  canaryIn?: (text: string) => string | null;
};

export type Observed =
  | { ok: true; seen: SeenMail }
  | { ok: false; seen: Omit<SeenMail, "reading">; problem: string; code: "timeout" | "memory" | "died" };

/** Joins the reading of the bytes with where they came from and with what is remembered of the sender. */
export async function observeMail(
  readers: ReaderPool,
  arrived: { raw: Uint8Array; transport: Transport },
  surroundings: Surroundings,
): Promise<Observed> {
  const { at, historyOf } = surroundings;
  const { transport } = arrived;
  const read = await readers.read(arrived.raw, transport);
  if (!read.ok) {
    const seen = { at, transport, history: unknownHistory };
    return { ok: false, seen, problem: read.problem, code: read.code };
  }
  const address = read.reading.from.find((mailbox) => mailbox.address !== "")?.address ?? transport.mailFrom;
  const history = address === "" ? unknownHistory : await historyOf(address);
  const { subject, text } = read.reading;
  const canaryIn = surroundings.canaryIn ?? (() => null);
  const looked = [
    { where: "recipient", sign: canaryIn(transport.rcptTo.join(" ")) },
    { where: "content", sign: canaryIn(`${subject}\n${text}`) },
  ] as const;
  const canaries = looked.flatMap(({ where, sign }) => (sign === null ? [] : [{ where, sign }]));
  return { ok: true, seen: { at, transport, history, reading: read.reading, canaries } };
}
