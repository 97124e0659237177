/** Codes of everything that an operator must mend. Closed: documentation and exit statuses go by it. */
export const ERROR_CODES = [
  "usage",
  "config-invalid",
  "config-missing",
  "input-unreadable",
  "input-too-large",
  "limit-passed",
  "ledger-malformed",
  "ledger-locked",
  "gate-runs",
  "evidence-missing",
  "evidence-malformed",
  "evidence-erased",
  "key-missing",
  "key-permissions",
  "state-unavailable",
  "state-newer",
  "port-in-use",
  "peer-unavailable",
  "not-permitted",
  "not-found",
  "conflict",
  "setup-incomplete",
] as const;
export type ErrorCode = (typeof ERROR_CODES)[number];

/**
 * Something that an operator must mend. The message says the action, the value and the need; the hint
 * says what to do next. Neither holds personal data. Outcomes are values, and our own bugs are `assert`.
 */
export class SekishoError extends Error {
  override name = "SekishoError";
  readonly code: ErrorCode;
  readonly hint: string;

  constructor(code: ErrorCode, message: string, options: { hint: string; cause?: unknown }) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.hint = options.hint;
  }
}

/** The text of anything thrown, for a log line or a `problem` field. */
export function textOfError(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
