import type { ContentfulStatusCode } from "hono/utils/http-status";
import { HTTPException } from "hono/http-exception";
import { SekishoError, type ErrorCode } from "../../lib/error.ts";

/** Codes of what the API itself refuses, beside those of SekishoError. */
export const API_CODES = [
  "signed-out",
  "second-factor-missing",
  "confirmation-needed",
  "wrong-origin",
  "too-many-requests",
  "input-invalid",
  "sign-in-refused",
  "link-invalid",
  "not-permitted",
  "failed",
] as const;
export type ApiCode = (typeof API_CODES)[number];

/** The one shape of every refusal, which the console words in the reader's language by `code`. */
export type Problem = { error: { code: ApiCode | ErrorCode; message: string; hint: string } };

const STATUS: Partial<Record<ErrorCode, ContentfulStatusCode>> = {
  usage: 400,
  "not-found": 404,
  "not-permitted": 403,
  conflict: 409,
  "evidence-missing": 404,
  "evidence-erased": 410,
  "input-unreadable": 400,
  "input-too-large": 413,
  "limit-passed": 429,
  "state-unavailable": 503,
  "peer-unavailable": 503,
};

/** A refusal by the API, thrown from where it is found out. */
export function refusal(status: ContentfulStatusCode, code: ApiCode, message: string): HTTPException {
  const body: Problem = { error: { code, message, hint: "" } };
  return new HTTPException(status, { message, res: Response.json(body, { status }) });
}

/** Turns what a route threw into an answer. What is our own bug is not told to the outside. */
export function answerProblem(error: unknown, log: (error: unknown) => void): Response {
  if (error instanceof HTTPException) {
    if (error.res !== undefined) return error.res;
    const body: Problem = { error: { code: "input-invalid", message: error.message, hint: "" } };
    return Response.json(body, { status: error.status });
  }
  if (error instanceof SekishoError) {
    const body: Problem = { error: { code: error.code, message: error.message, hint: error.hint } };
    return Response.json(body, { status: STATUS[error.code] ?? 500 });
  }
  log(error);
  const message = "Cannot answer: the station failed";
  const body: Problem = { error: { code: "failed", message, hint: "see the log of the station" } };
  return Response.json(body, { status: 500 });
}
