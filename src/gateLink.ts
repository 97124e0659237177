import { hash } from "node:crypto";
import { z } from "zod";
import { EntryId, EvidenceHash } from "./ledger/entry.ts";

/** What a gate and the station say to each other over the local socket. Both ends parse what they hear. */

/**
 * An act that a decision asks of a gate. It is asked again until an entry `about.order` says what became of
 * it.
 */
export const Order = z.strictObject({
  order: z.string().max(64).describe("The order's id: a gate carries it out once."),
  gate: z.string().max(32),
  act: z.enum([
    "release",
    "refuse",
    "block",
    "isolate",
    "cut-zone",
    "cut-off",
    "lift",
    "renew",
    "approve",
    "deny",
  ]),
  about: z.record(z.string(), z.string()),
  evidence: z.array(EvidenceHash),
  restsOn: EntryId,
});
export type Order = z.infer<typeof Order>;

export const GateStatus = z.strictObject({
  type: z.literal("status"),
  state: z.enum(["starting", "ready", "stopping"]),
  spooled: z.int().nonnegative(),
  shadow: z.boolean(),
  listening: z.array(z.string()),
  counters: z.record(z.string(), z.number()),
  lastError: z.string().nullable(),
});
export type GateStatus = z.infer<typeof GateStatus>;

export const FromGate = z.discriminatedUnion("type", [
  z.strictObject({
    type: z.literal("hello"),
    gate: z.string().max(32),
    pid: z.int(),
    version: z.string(),
    token: z.string(),
    settings: z.string().max(64).describe("Hash of the settings that it runs by."),
  }),
  z.strictObject({
    type: z.literal("entries"),
    batch: z.int(),
    /** These lines may have been sent before (after a reconnect), so the index is asked too. */
    again: z.boolean(),
    lines: z.array(z.string()).max(4_096),
  }),
  GateStatus,
]);
export type FromGate = z.infer<typeof FromGate>;

export const FromStation = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("taken"), batch: z.int(), size: z.int(), root: z.string() }),
  z.strictObject({ type: z.literal("order"), order: Order }),
  z.strictObject({ type: z.literal("stop") }),
]);
export type FromStation = z.infer<typeof FromStation>;

/** By this gate and station know whether they were started with the same settings. */
export function hashOfSettings(settings: unknown): string {
  return hash("sha256", JSON.stringify(settings ?? null));
}
