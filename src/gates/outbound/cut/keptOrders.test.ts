import assert from "node:assert/strict";
import { test } from "node:test";
import type { CutOrder } from "./cutOrder.ts";
import { joinKept, noteRemaining, resumeRemaining, startRemaining, type Clocks } from "./keptOrders.ts";

const minute = 60_000;
const noon = Date.parse("2016-03-20T12:00:00Z");

/** Clocks that a test sets: both run on by `pass`, and only the wall clock steps. */
function clocksAt(wallMs: number, bootId = "one") {
  const now = { wallMs, monotonicMs: 5_000 };
  const clocks: Clocks = { wallMs: () => now.wallMs, monotonicMs: () => now.monotonicMs, bootId };
  const pass = (ms: number) => {
    now.wallMs += ms;
    now.monotonicMs += ms;
  };
  return { clocks, pass, step: (ms: number) => (now.wallMs += ms) };
}

function orderFor(minutes: number): CutOrder {
  return {
    id: "a",
    act: { do: "cut-off" },
    orderedAt: new Date(noon).toISOString(),
    until: new Date(noon + minutes * minute).toISOString(),
  };
}

test("startRemaining() counts from now to the end, on the monotonic clock", () => {
  const { clocks, pass } = clocksAt(noon);
  pass(2 * minute);
  const note = startRemaining(orderFor(10), clocks);
  assert.deepEqual([note.leftMs, note.endsMs], [8 * minute, 5_000 + 10 * minute]);
});

test("startRemaining() gives no order more time than it was given, where the clock was set back", () => {
  const { clocks, step } = clocksAt(noon);
  step(-24 * 60 * minute);
  assert.equal(startRemaining(orderFor(10), clocks).leftMs, 10 * minute);
});

for (const [step, way] of [
  [-7 * 24 * 60 * minute, "back"],
  [7 * 24 * 60 * minute, "forth"],
] as const) {
  test(`resumeRemaining() is not moved by a clock that steps ${way} in the same boot`, () => {
    const clock = clocksAt(noon);
    const order = orderFor(10);
    const note = startRemaining(order, clock.clocks);
    clock.pass(3 * minute);
    clock.step(step);
    assert.equal(resumeRemaining({ order, note }, clock.clocks).leftMs, 7 * minute);
  });
}

test("resumeRemaining() takes off the time that the machine was off, by the wall clock", () => {
  const before = clocksAt(noon);
  const order = orderFor(60);
  const note = startRemaining(order, before.clocks);
  const after = clocksAt(noon + 20 * minute, "two");
  assert.equal(resumeRemaining({ order, note }, after.clocks).leftMs, 40 * minute);
});

test("resumeRemaining() keeps what was left where the clock after a boot is behind itself", () => {
  const before = clocksAt(noon);
  const order = orderFor(60);
  const note = noteRemaining(startRemaining(order, before.clocks).endsMs, before.clocks);
  const after = clocksAt(0, "two");
  assert.equal(resumeRemaining({ order, note }, after.clocks).leftMs, 60 * minute);
});

test("resumeRemaining() gives nothing to an order whose time is over", () => {
  const clock = clocksAt(noon);
  const order = orderFor(1);
  const note = startRemaining(order, clock.clocks);
  clock.pass(2 * minute);
  assert.equal(resumeRemaining({ order, note }, clock.clocks).leftMs, 0);
});

test("joinKept() takes the union, the later end of one that both know, and no lifted one", () => {
  const { clocks } = clocksAt(noon);
  const kept = (id: string, minutes: number) => {
    const order = { ...orderFor(minutes), id };
    return { order, note: startRemaining(order, clocks) };
  };
  const file = [
    kept("held", 1),
    kept("both", 1),
    kept("lifted", 1),
    { ...kept("pending", 1), pending: true },
  ];
  const journals = [kept("both", 5), kept("kernel", 1), { order: 1 }, undefined];
  const holds = ({ id }: CutOrder) => id === "held";
  const minutes = (joined: ReturnType<typeof joinKept>) =>
    joined.map(({ order, note }) => `${order.id} ${note.leftMs / minute}`).join();
  const standing = joinKept(file, { journals, stands: true, holds });
  assert.equal(minutes(standing), "held 1,pending 1,both 5,kernel 1");
  const gone = joinKept(file, { journals: [], stands: false, holds });
  assert.equal(minutes(gone), "held 1,both 1,lifted 1,pending 1");
});
