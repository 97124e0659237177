import type { Person } from "../services.ts";

/** Where a job stands: its phases, or that somebody must go on with it. */
export const SCOPE_JOB_STATES = ["running", "stopped", "done", "sealed", "unreadable"] as const;
export type ScopeJobState = (typeof SCOPE_JOB_STATES)[number];
export const SCOPE_PHASES = ["index", "read", "match", "persons", "done"] as const;
export type ScopePhase = (typeof SCOPE_PHASES)[number];

/** Persons: the fewest if all that is probable were true, the most if only what is certain is. */
export type PersonRange = { fewest: number; most: number };

/** A job below `scope/` in the data folder. */
export type ScopeJobRow = {
  name: string;
  state: ScopeJobState;
  phase: ScopePhase;
  /** Parts of the inputs that are read; how many there will be is not known before. */
  partsRead: number;
  /** When the job last wrote anything. */
  changedAt: string;
  range: PersonRange | null;
  records: number | null;
  problem: string | null;
};

export type ScopeReviewSummary = {
  machine: PersonRange;
  now: PersonRange;
  total: number;
  open: number;
  decided: { same: number; another: number; unclear: number };
  /** Decisions that no link of this job fits any more, and lines that a stop cut off. */
  without: number;
  broken: number;
};

/** The result of a job in numbers; nobody's name. */
export type ScopeJobView = ScopeJobRow & {
  counts: {
    at: string;
    persons: PersonRange & { matched: number; notCustomers: number };
    records: { found: number; half: number; joined: number; withoutPerson: number };
    byItem: { item: string; records: number; persons: number }[];
    byService: { value: string; persons: number }[];
    byPartner: { value: string; persons: number }[];
    byLanguage: { value: string; persons: number }[];
    minors: number;
    passports: { records: number; persons: number; valid: number; expired: number; unknown: number };
    duplicates: number;
    links: { certain: number; review: number };
    customers: { rows: number; source: string };
    inputs: { source: string; bytes: number; sha256: string }[];
    problems: { message: string }[];
    appliedAt: string | null;
    /** Entries by which the job was handed over, oldest first. */
    handedOver: { entry: string; at: string }[];
  } | null;
  review: ScopeReviewSummary | null;
  hasReport: boolean;
};

export const SCOPE_VERDICTS = ["same", "another", "unclear"] as const;
export type ScopeVerdict = (typeof SCOPE_VERDICTS)[number];
export const SCOPE_LISTS = ["open", "decided", "all", "precision", "recall"] as const;
/** What is gone through: the queue, or a sample. */
export type ScopeList = (typeof SCOPE_LISTS)[number];

export type ScopeDecision = {
  id: string;
  verdict: ScopeVerdict;
  by: string;
  byName: string;
  at: string;
  reason: string | null;
};

/** A pair in the queue, without anything of a person. */
export type ScopePairRow = {
  record: number;
  probability: number | null;
  weight: number | null;
  because: { en: string; ja: string } | null;
  decision: ScopeDecision | null;
};

export const SCOPE_MARKS = ["same", "variant", "similar", "differs", "missing", "only-record"] as const;

/** A record beside a customer, as the reviewer sees them. To see it is an entry in the ledger. */
export type ScopePairView = {
  record: number;
  place: {
    source: string;
    path: string;
    offset: number;
    line: number;
    encoding: string;
    part: string;
  } | null;
  customer: string | null;
  /** Why the customer's row is not there, where it is not. */
  away: string | null;
  source: string;
  fields: {
    kind: string;
    record: string | null;
    customer: string | null;
    mark: (typeof SCOPE_MARKS)[number];
  }[];
  link: { weight: number; probability: number; because: { en: string; ja: string }; state: string } | null;
  effect: { same: PersonRange | null; another: PersonRange | null };
  /** Customers who come near, for a record without a link. */
  candidates: string[];
  decision: ScopeDecision | null;
};

export type ScopeEstimate = {
  kind: "precision" | "recall";
  drawnAt: string;
  size: number;
  looked: number;
  unclear: number;
  mistakes: number;
  share: number | null;
  interval: { low: number; high: number } | null;
  strata: { name: string; size: number; drawn: number; looked: number; mistakes: number }[];
  sentence: { en: string; ja: string };
};

export type ScopeAnswer = {
  record: number;
  customer: string | null;
  verdict: ScopeVerdict;
  in: "queue" | "precision" | "recall";
  reason: string | null;
};

export type ScopeService = {
  jobs(): Promise<ScopeJobRow[]>;
  /** Throws SekishoError not-found. */
  job(name: string): Promise<ScopeJobView>;
  pairs(
    name: string,
    of: { list: ScopeList; offset: number; limit: number },
  ): Promise<{ rows: ScopePairRow[]; total: number }>;
  /** Writes `scope-pair-viewed` first. */
  open(
    name: string,
    pair: { record: number; customer: string | null },
    viewer: Person,
  ): Promise<ScopePairView>;
  /** Writes `scope-link-decided` after the decision is on disk. */
  decide(
    name: string,
    answer: ScopeAnswer,
    person: Person,
  ): Promise<{ decision: ScopeDecision; review: ScopeReviewSummary }>;
  /** A person takes back what she herself decided, or the decision that is named. */
  undo(
    name: string,
    id: string | null,
    person: Person,
  ): Promise<{ record: number; review: ScopeReviewSummary }>;
  /** Makes the files anew with the decisions in them. */
  apply(
    name: string,
    person: Person,
  ): Promise<{ range: PersonRange; confirmed: number; removed: number; added: number }>;
  /** Puts lists, notice groups and counts into the evidence store; throws conflict while decisions wait. */
  handOver(name: string, person: Person): Promise<{ entry: string; groups: number }>;
  estimates(name: string): Promise<ScopeEstimate[]>;
  drawSample(
    name: string,
    sample: { kind: "precision" | "recall"; size: number; again: boolean },
    person: Person,
  ): Promise<ScopeEstimate>;
  /** The readable report; throws not-found where none was made. */
  report(name: string): Promise<Uint8Array>;
};
