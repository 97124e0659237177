/** What the reading side gives to the side that understands it. No I/O here. */

export const RECORD_ENCODINGS = [
  "ascii",
  "utf-8",
  "cp932",
  "euc-jp",
  "iso-2022-jp",
  "utf-16le",
  "utf-16be",
] as const;
export type RecordEncoding = (typeof RECORD_ENCODINGS)[number];

/**
 * How much of a record was there: rows cut at the edge of a block have a head without its end or a tail
 * without its beginning.
 */
export const RECORD_PARTS = ["whole", "head", "tail", "middle"] as const;
export type RecordPart = (typeof RECORD_PARTS)[number];

/** One file, image or folder's file that was named on the command line or found below what was named. */
export type ScopeInput = {
  /** Place in the job's list, from 0; the list is sorted, so the same inputs give the same numbers. */
  id: number;
  /** As it is shown to people: the path as given, with what was found below it. */
  source: string;
  /** Where it lies. */
  file: string;
  bytes: number;
  /** "text": lines; "image": blocks to carve; "container": unpacked first. */
  how: "text" | "image" | "container";
};

/** A piece of an input for one worker. The same inputs make the same tasks, so that a job can be resumed. */
export type ReadTask = {
  /** From 0, in the order of inputs and offsets: records are numbered by it. */
  id: number;
  input: ScopeInput;
  /** Bytes of the input whose records begin here; a record that begins before `end` is read to its end. */
  start: number;
  end: number;
};

/** Where a record was found. One object is used again for every record: nobody may keep it. */
export type RecordPlace = {
  /** Within the input: "" for the input itself, else "inner.zip!customers.csv", "book.xlsx!Sheet1". */
  path: string;
  /** First byte of the record: of the input, or of the unpacked member where `path` is not empty. */
  offset: number;
  /** From 1; 0 where lines cannot be counted (images). */
  line: number;
  encoding: RecordEncoding;
  part: RecordPart;
  /**
   * The byte between fields where it is known (0x1f between the cells of sheets, JSON and SQL, whose text may
   * then hold anything else), else 0: whoever splits finds out.
   */
  separator: number;
  /** Names of the columns where the source has them (a sheet's first row, JSON's keys); else null. */
  columns: readonly string[] | null;
};

/** Takes one record at a time; the bytes are the reader's again when it returns. */
export interface RecordSink {
  /** `bytes[start..end)` is the record as UTF-8, without its line end; undecodable bytes as U+FFFD. */
  record(bytes: Uint8Array, start: number, end: number, place: RecordPlace): void;
  /** What could not be read: named, counted, and the rest of the job goes on. */
  problem(problem: ReadProblem): void;
}

export const READ_PROBLEMS = [
  "encrypted",
  "too-large",
  "too-deep",
  "too-many",
  "broken",
  "method",
  "unreadable",
  "line-too-long",
] as const;
export type ReadProblem = {
  code: (typeof READ_PROBLEMS)[number];
  source: string;
  path: string;
  offset: number;
  /** A sentence for people: what, where, and what to do. */
  message: string;
};

/** What a task has read, for progress, counts and the report. */
export type ReadTally = {
  bytes: number;
  /** Of images: blocks by class. */
  blocks: { zero: number; random: number; binary: number; text: number };
  records: number;
  halfRecords: number;
  joinedRecords: number;
};
