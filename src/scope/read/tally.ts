import type { ReadTally } from "./record.ts";

export function emptyTally(): ReadTally {
  return {
    bytes: 0,
    blocks: { zero: 0, random: 0, binary: 0, text: 0 },
    records: 0,
    halfRecords: 0,
    joinedRecords: 0,
  };
}
