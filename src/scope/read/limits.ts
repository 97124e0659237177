/** Bounds of everything that is read. Tests make some of them small. */
export const readLimits = {
  /** A task's share of an input. */
  taskBytes: 64 * 1024 ** 2,
  /**
   * At each multiple of this, reading begins anew, as if nobody had read what comes before: so the records do
   * not depend on where tasks begin.
   */
  gridBytes: 16 * 1024 ** 2,
  chunkBytes: 2 * 1024 ** 2,
  lineBytesMax: 1024 ** 2,
  /** In images a line is seldom longer than a page, and garbage often is. */
  imageLineBytesMax: 64 * 1024,
  quotedBytesMax: 64 * 1024,
  quotedLinesMax: 100,
  filesMax: 1_000_000,
  depthMax: 4,
  membersMax: 100_000,
  /** Of one member that must be held whole (an archive within an archive, a mail). */
  heldBytesMax: 256 * 1024 ** 2,
  memberBytesMax: 64 * 1024 ** 3,
  unpackedBytesMax: 256 * 1024 ** 3,
  /** Text packs 3 to 30 times; a bomb a thousand times. */
  ratioMax: 250,
  ratioFromBytes: 64 * 1024 ** 2,
  containerMsMax: 3_600_000,
  sheetColumnsMax: 16_384,
  sheetCellBytesMax: 1024 ** 2,
  sharedStringsMax: 8_000_000,
  sharedStringBytesMax: 512 * 1024 ** 2,
  messageBytesMax: 64 * 1024 ** 2,
  jsonDepthMax: 16,
  jsonCellsMax: 4_096,
} as const;
export type ReadLimits = { readonly [Name in keyof typeof readLimits]: number };
