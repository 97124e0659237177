import { randomFillSync } from "node:crypto";

const pool = Buffer.alloc(4096);
let used = pool.length;

/** A UUID of version 7: 48 bits of Unix milliseconds, then random (RFC 9562 5.7). Sorts by time. */
export function makeUuidV7(milliseconds: number): string {
  if (used + 10 > pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  const random = pool.toString("hex", used, used + 10);
  used += 10;
  const time = milliseconds.toString(16).padStart(12, "0");
  const variant = ((Number.parseInt(random.slice(3, 4), 16) & 0x3) | 0x8).toString(16);
  const head = `${time.slice(0, 8)}-${time.slice(8)}-7${random.slice(0, 3)}`;
  return `${head}-${variant}${random.slice(4, 7)}-${random.slice(7, 19)}`;
}

/** The moment in the name of a UUIDv7 (RFC 9562 5.7), to the millisecond. */
export function timeOfUuidV7(uuid: string): Temporal.Instant {
  return Temporal.Instant.fromEpochMilliseconds(parseInt(uuid.replaceAll("-", "").slice(0, 12), 16));
}
