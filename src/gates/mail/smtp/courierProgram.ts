import { z } from "zod";
import { markOf } from "../../../lib/processMark.ts";
import { MailMemory } from "../memory.ts";
import { NextHop } from "../settings.ts";
import type { DeliveryMark, FromCourier, ToCourier } from "./courier.ts";
import { deferredOf, Deliverer, type Delivery } from "./deliver.ts";

/**
 * The courier: the process that talks to the next hops. It notes what became of each message before it
 * tells the
 * gate, and when the gate dies it ends what it has begun. So a gate that is killed between the final dot and
 * the answer finds the outcome in its memory, instead of not knowing whether the message was taken over.
 */
const Settings = z.strictObject({
  hostname: z.string(),
  inbound: NextHop,
  outbound: NextHop.nullable(),
  memory: z.string(),
});

const settings = Settings.parse(JSON.parse(process.argv[2] ?? "{}"));
const memory = new MailMemory(settings.memory);
const me = markOf(process.pid);
const hops = {
  inbound: new Deliverer(settings.inbound, settings.hostname),
  outbound: settings.outbound === null ? null : new Deliverer(settings.outbound, settings.hostname),
};
const noteAgainMs = 1_000;
const noteAgainMax = 300;
let underWay = 0;
let alone = false;

type Noted = "sending" | "in-doubt" | "partly" | "delivered" | "refused";

function note(mark: DeliveryMark, state: Noted, reached: readonly number[] = mark.reached): void {
  const at = Date.now();
  if (mark.of === "order") memory.noteOrder(mark.order, state, { at, reached });
  else memory.note(mark.fingerprint, { state, mail: mark.mail, at, courier: me, reached });
}

/** An outcome that cannot be noted now (a full disk) is noted as soon as it can be. */
function noteOutcome(mark: DeliveryMark, state: Noted, reached?: readonly number[], attempt = 0): void {
  try {
    note(mark, state, reached);
    if (attempt > 0) underWay -= 1;
  } catch (error) {
    if (attempt === 0) underWay += 1;
    process.stderr.write(
      `${JSON.stringify({ level: 50, msg: "courier cannot note", problem: String(error) })}\n`,
    );
    if (attempt < noteAgainMax) setTimeout(() => noteOutcome(mark, state, reached, attempt + 1), noteAgainMs);
    else underWay -= 1;
  }
  endIfDone();
}

async function deliver(task: ToCourier): Promise<Delivery> {
  const { mark } = task;
  const raw = Buffer.from(task.raw.buffer, task.raw.byteOffset, task.raw.byteLength);
  const delivery = await (hops[task.hop] ?? hops.inbound).deliver({
    from: task.from,
    to: task.to,
    raw,
    smtpUtf8: task.smtpUtf8,
    onSending: () => {
      if (mark !== null) note(mark, "sending");
    },
  });
  if (mark === null) return delivery;
  if (delivery.outcome === "accepted") {
    const later = new Set(deferredOf(delivery).map((one) => one.recipient));
    const settled = mark.places.filter((_, place) => !later.has(task.to[place] as string));
    const reached = [...mark.reached, ...settled];
    noteOutcome(mark, later.size > 0 ? "partly" : "delivered", reached);
  }
  if (delivery.outcome === "refused") noteOutcome(mark, "refused");
  if (delivery.outcome === "in-doubt") noteOutcome(mark, "in-doubt");
  return delivery;
}

function endIfDone(): void {
  if (!alone || underWay > 0) return;
  memory.close();
  process.exit(0);
}

process.on("message", (task: ToCourier) => {
  underWay += 1;
  void deliver(task).then((delivery) => {
    underWay -= 1;
    const message: FromCourier = { id: task.id, delivery };
    if (process.connected) process.send?.(message, () => {});
    endIfDone();
  });
});
process.on("disconnect", () => {
  alone = true;
  endIfDone();
});
// The terminal's Ctrl-C is for the station; the gate tells the courier when to end.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => {});
process.send?.({ id: 0, delivery: null } satisfies FromCourier, () => {});
if (!process.connected) {
  alone = true; // The gate went away while this process started.
  endIfDone();
}
