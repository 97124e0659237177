import { z } from "zod";
import { CutOrder, CutPlan } from "./cutOrder.ts";

/** The clocks of this machine. Injected, so that a test can step the one that people set. */
export type Clocks = {
  /** CLOCK_MONOTONIC: the same for every process of one boot; nobody can set it. */
  monotonicMs(): number;
  /** What people and NTP set, which may jump. */
  wallMs(): number;
  bootId: string;
};

/** How long an order has to go, said so that a restart or a step of the clock does not change it. */
export const Remaining = z.object({
  bootId: z.string(),
  /** When it ends, on the monotonic clock of that boot. */
  endsMs: z.number(),
  /** What was left when this was written, and the wall clock's time then. */
  leftMs: z.number(),
  writtenAtMs: z.number(),
});
export type Remaining = z.infer<typeof Remaining>;

/** An order with its end, as the state file and the kernel's journal keep it. */
export const KeptOrder = z.object({
  order: CutOrder,
  note: Remaining,
  /** Asked, and not in place when this was written: the kernel cannot know it. */
  pending: z.boolean().optional(),
});
export type KeptOrder = z.infer<typeof KeptOrder>;

export const EnforcerState = z.object({
  version: z.literal(1),
  plan: CutPlan.nullable(),
  intel: z.string().nullable(),
  orders: z.array(KeptOrder),
});
export type EnforcerState = z.infer<typeof EnforcerState>;

/**
 * The rule about time. An order runs on the monotonic clock from the moment in which it came: a step of the
 * wall clock neither ends nor prolongs it. Its length is `until` less now, and at most `until` less
 * `orderedAt`, because a clock that was set back in between must not make it longer than was ordered.
 */
export function startRemaining(order: CutOrder, clocks: Clocks): Remaining {
  const until = Date.parse(order.until);
  const longest = Math.max(0, until - Date.parse(order.orderedAt));
  const leftMs = Math.min(longest, Math.max(0, until - clocks.wallMs()));
  return noteRemaining(clocks.monotonicMs() + leftMs, clocks);
}

/**
 * The rest of an order that was found again. In the same boot the monotonic clock still tells. After
 * another boot only the wall clock knows how long the machine was off; where it says that time went
 * backwards it is wrong, and what was left when the order was last written holds.
 */
export function resumeRemaining({ order, note }: KeptOrder, clocks: Clocks): Remaining {
  const longest = Math.max(0, Date.parse(order.until) - Date.parse(order.orderedAt));
  if (note.bootId === clocks.bootId) {
    const left = Math.min(longest, Math.max(0, note.endsMs - clocks.monotonicMs()));
    return noteRemaining(clocks.monotonicMs() + left, clocks);
  }
  const off = Math.max(0, clocks.wallMs() - note.writtenAtMs);
  return noteRemaining(clocks.monotonicMs() + Math.max(0, note.leftMs - off), clocks);
}

/** The same end, noted anew: what is left now. */
export function noteRemaining(endsMs: number, clocks: Clocks): Remaining {
  return {
    bootId: clocks.bootId,
    endsMs,
    leftMs: Math.max(0, endsMs - clocks.monotonicMs()),
    writtenAtMs: clocks.wallMs(),
  };
}

/** What the kernel says: its journals, and whether an order stands there that none of these explains. */
export type KernelMemory = { journals: unknown[]; stands: boolean; holds(order: CutOrder): boolean };

/**
 * Orders of the file and of the kernel together; where both know one, the later end holds. The kernel is
 * told first, so an order of the file of which a standing table knows nothing was lifted, and the file was
 * not yet written.
 */
export function joinKept(file: readonly KeptOrder[], kernel: KernelMemory): KeptOrder[] {
  const still = file.filter(({ order, pending }) => !kernel.stands || pending || kernel.holds(order));
  const joined = new Map(still.map((kept) => [kept.order.id, kept]));
  for (const one of kernel.journals) {
    const kept = KeptOrder.safeParse(one);
    if (!kept.success) continue;
    const known = joined.get(kept.data.order.id);
    if (known === undefined || known.order.until < kept.data.order.until) {
      joined.set(kept.data.order.id, kept.data);
    }
  }
  return [...joined.values()];
}
