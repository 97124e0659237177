import { z } from "zod";
import { markOf } from "../../../lib/processMark.ts";
import { MailMemory } from "../memory.ts";
import { NextHop } from "../settings.ts";
import type { DeliveryMark, FromCourier, ToCourier } from "./courier.ts";
import { Deliverer, type Delivery } from "./deliver.ts";

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
let underWay = 0;
let alone = false;

function note(mark: DeliveryMark, state: "sending" | "in-doubt" | "delivered" | "refused"): void {
  const at = Date.now();
  if (mark.of === "order") memory.noteOrder(mark.order, state, at);
  else memory.note(mark.fingerprint, { state, mail: mark.mail, at, courier: me });
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
  if (mark !== null && delivery.outcome === "accepted") note(mark, "delivered");
  if (mark !== null && delivery.outcome === "refused") note(mark, "refused");
  if (mark !== null && delivery.outcome === "in-doubt") note(mark, "in-doubt");
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
process.send?.({ id: 0, delivery: null } satisfies FromCourier);
