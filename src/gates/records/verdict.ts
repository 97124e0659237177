import type { PersonalKind } from "../../personal/kinds.ts";

/** What the judge makes of one statement of SQL, before anything is known of who asks. */

export const STATEMENT_CODES = [
  /** No personal column reaches the output, and none is asked about. */
  "no-personal-data",
  /** Personal columns reach the output, a bounded number of customers a row. */
  "personal-columns",
  /** Personal columns decide which rows come or how many, and do not reach the output. */
  "personal-condition",
  /** One value gathers personal columns of many customers (string_agg, array, json, recursion). */
  "gathers-customers",
  /** Personal columns are written to where they are not known to be personal (CREATE TABLE AS, INSERT, …). */
  "launders-columns",
  /** Personal columns go to a file, a program, another server or a large object. */
  "leaves-by-server",
  /** A routine whose body is not known may read anything (DO, CALL, functions of users). */
  "unknown-routine",
  /** A routine that runs SQL from text, or reads files (query_to_xml, pg_read_file, dblink, lo_get, …). */
  "forbidden-routine",
  /** A relation of the system that holds samples of personal columns (pg_stats, pg_statistic, …). */
  "forbidden-relation",
  /** Not PostgreSQL's grammar, or too large, or too deep. */
  "cannot-parse",
  /** A relation, column or name is not in the catalog. */
  "cannot-resolve",
  /** Changes what names or bytes mean (client_encoding, standard_conforming_strings, …). */
  "changes-meaning",
  /** Defines something (CREATE, ALTER, DROP, GRANT, …): may open ways around this gate. */
  "defines",
] as const;
export type StatementCode = (typeof STATEMENT_CODES)[number];

/**
 * - `pass`: nothing of a person reaches the client.
 * - `count`: personal columns reach the client; `keys` and `keyless` say how rows are counted.
 * - `bulk`: any number of customers may be in one row, or leave by another way: nobody can count them.
 * - `unknown`: cannot be said; whoever may see personal data must not run it unasked.
 */
export type VerdictClass = "pass" | "count" | "bulk" | "unknown";

/** Personal columns of one relation of the catalog that a statement touches. */
export type Touched = { relation: string; columns: { name: string; kind: PersonalKind }[] };

/** How the bytes of COPY … TO STDOUT are to be read; from the statement's options. */
export type CopyFormat = {
  format: "text" | "csv" | "binary";
  /** One byte. */
  delimiter: string;
  null: string;
  header: boolean;
  quote: string;
  escape: string;
};

/** What a statement does to the session, for the judging of later ones. Names as PostgreSQL folds them. */
export type Effect =
  | { do: "prepare"; name: string; statement: JudgedStatement }
  | { do: "execute"; name: string }
  | { do: "deallocate"; name: string | null }
  | { do: "declare"; name: string; statement: JudgedStatement }
  | { do: "fetch"; name: string }
  | { do: "close"; name: string | null }
  | { do: "discard"; what: "all" | "plans" | "temp" | "sequences" }
  /** `value` is null for RESET, DEFAULT or what is not one plain literal. `local` for SET LOCAL. */
  | { do: "set"; name: string; value: string | null; local: boolean };

export type JudgedStatement = {
  class: VerdictClass;
  /** At least one; the weightiest first. */
  codes: StatementCode[];
  /** For people: names what decided, such as "string_agg(customers.email)"; never a literal of the text. */
  detail: string;
  /** "SELECT", "INSERT", "COPY", "EXPLAIN", …: the statement's node, for the record. */
  verb: string;
  /** Changes data, rights or definitions. */
  writes: boolean;
  /** Personal columns that it touches anywhere, in output or condition. */
  touches: Touched[];
  /**
   * How many conditions on personal columns it has. Blind extraction by one statement with many of them
   * counts as many.
   */
  conditions?: number;
  /** Columns of the output that hold personal data, by place from 0. */
  personalOutput: number[];
  /** Places of output columns that carry a customer key; each value counts as a customer on each row. */
  keys: number[];
  /**
   * How many customers each row counts as besides `keys`: relations whose personal columns reach the
   * output without their own key.
   */
  keyless: number;
  /**
   * For each of `keys`: how many customers a NULL there counts as (1), or 0 where a NULL key goes only with
   * NULLs.
   */
  nullCounts: number[];
  /** pg_type.oid of each key of `keys`, as the catalog has it: formats of binary values. */
  keyTypes: number[];
  /** COPY … TO STDOUT. */
  copyOut: CopyFormat | null;
  /** COPY … FROM STDIN. */
  copyIn: boolean;
  effect: Effect | null;
};

/** A text of SQL: its statements in order. */
export type JudgedText = {
  statements: JudgedStatement[];
  /**
   * Texts that differ from this one in literals only have the same verdict. False where literals were
   * looked at (SET, set_config, COPY options, GROUP BY 1, regclass).
   */
  literalsDoNotMatter: boolean;
};
