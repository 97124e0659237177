import { z } from "zod";

const Address = z.union([z.ipv4(), z.ipv6()]);
const Network = z.union([z.cidrv4(), z.cidrv6(), z.ipv4(), z.ipv6()]);

/**
 * What the outbound gate can do to traffic. `block` stops everybody from reaching a destination, `isolate`
 * stops one host from reaching anything (administrators excepted), `cut-zone` a group of networks, and
 * `cut-off` everything that is not on the written list of what goes on.
 */
export const CutAct = z.discriminatedUnion("do", [
  z.strictObject({
    do: z.literal("block"),
    addresses: z.array(Network).max(256),
    /** Names for the resolver's emergency zone and the proxy. */
    names: z.array(z.string().min(1).max(253)).max(256),
  }),
  z.strictObject({ do: z.literal("isolate"), address: Address }),
  z.strictObject({
    do: z.literal("cut-zone"),
    zone: z.string().min(1).max(64),
    networks: z.array(Network).max(256),
  }),
  z.strictObject({ do: z.literal("cut-off") }),
]);
export type CutAct = z.infer<typeof CutAct>;

/** An act in force. Every one has an end, and an owner who lifts or renews it before. */
export const CutOrder = z.strictObject({
  id: z.string().min(1).max(64),
  act: CutAct,
  /** When the order was given (RFC 3339): from here the milliseconds of the proof count. */
  orderedAt: z.iso.datetime(),
  /** When it ends by itself, if nobody renews it. */
  until: z.iso.datetime(),
});
export type CutOrder = z.infer<typeof CutOrder>;

/** What goes on under isolation and a full cut-off: from anywhere (or `from`) to `to`. */
export const Passage = z.strictObject({
  name: z.string().min(1).max(64),
  from: z.array(Network).default([]),
  to: z.array(Network).default([]),
  protocol: z.enum(["tcp", "udp", "any"]).default("any"),
  ports: z.array(z.int().min(1).max(65_535)).default([]),
});
export type Passage = z.infer<typeof Passage>;

/** How the enforcer is set up; it keeps this over restarts. */
export const CutPlan = z.strictObject({
  /** Paths that no act stops: how the administrators reach the machines. */
  administrators: z.array(Passage),
  /** What goes on under a full cut-off (mail gate, payment, telephony). */
  goesOn: z.array(Passage),
  /** "forward" on a gateway, "output" on a proxy host, "input" for what comes in. */
  hooks: z.array(z.enum(["forward", "output", "input"])).min(1),
  squid: z.strictObject({ listFile: z.string() }).nullable(),
  unbound: z
    .strictObject({ zoneFile: z.string(), zone: z.string(), configFile: z.string().nullable() })
    .nullable(),
  dnsmasq: z.strictObject({ serversFile: z.string(), pidFile: z.string() }).nullable(),
});
export type CutPlan = z.infer<typeof CutPlan>;

/** From the gate to the enforcer. */
export const ToEnforcer = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("plan"), token: z.string(), plan: CutPlan }),
  z.strictObject({ type: z.literal("apply"), request: z.int(), order: CutOrder, dry: z.boolean() }),
  z.strictObject({ type: z.literal("renew"), request: z.int(), id: z.string(), until: z.iso.datetime() }),
  z.strictObject({ type: z.literal("lift"), request: z.int(), id: z.string() }),
  z.strictObject({ type: z.literal("list"), request: z.int() }),
  /** Loads addresses of intelligence lists as block entries, away from the emergency path. */
  z.strictObject({ type: z.literal("intel"), request: z.int(), file: z.string() }),
  z.strictObject({ type: z.literal("watch-connections"), on: z.boolean() }),
]);
export type ToEnforcer = z.infer<typeof ToEnforcer>;

/** What the enforcer knows of an order: the proof. */
export const CutProof = z.strictObject({
  id: z.string(),
  state: z.enum(["in-place", "failed", "ended", "dry"]),
  /** From `orderedAt` until the kernel had taken the rules, in milliseconds. */
  inPlaceMs: z.number().nullable(),
  /**
   * From `orderedAt` to the last packet that passed, in milliseconds; negative where it passed before. Null:
   * none in the last minute.
   */
  lastPacketMs: z.number().nullable(),
  /** Packets that passed since the rules were in place: not 0 means that it did not take hold. */
  passedSince: z.int().nonnegative(),
  /** Packets that the rules stopped. */
  stopped: z.int().nonnegative(),
  problem: z.string().nullable(),
  /** Whether the administrators' own path is among what it stops, said before it happens. */
  warnings: z.array(z.string()),
});
export type CutProof = z.infer<typeof CutProof>;

/** From the enforcer to the gate. */
export const FromEnforcer = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("hello"), version: z.string(), orders: z.array(CutOrder) }),
  z.strictObject({
    type: z.literal("answer"),
    request: z.int(),
    ok: z.boolean(),
    problem: z.string().nullable(),
    proof: CutProof.nullable(),
    proofs: z.array(CutProof).nullable(),
  }),
  /** Told on change and at least once a second while orders are in force. */
  z.strictObject({ type: z.literal("proof"), proof: CutProof }),
  /** Somebody else changed our rules; they were put back. */
  z.strictObject({ type: z.literal("drift"), what: z.string(), mended: z.boolean() }),
  /** conntrack events, as the tool prints them, many at a time; `lost` counts those the kernel dropped. */
  z.strictObject({ type: z.literal("connections"), lines: z.array(z.string()), lost: z.int().nonnegative() }),
  z.strictObject({ type: z.literal("problem"), problem: z.string() }),
]);
export type FromEnforcer = z.infer<typeof FromEnforcer>;
