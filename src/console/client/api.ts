import { hc, type ClientResponse } from "hono/client";
import type { Api } from "../../station/http/createApp.ts";
import type { Problem } from "../../station/http/problem.ts";

/** What the station refused, with the code by which the page words it. */
export class ApiProblem extends Error {
  override name = "ApiProblem";
  readonly code: Problem["error"]["code"] | "unreachable";
  readonly hint: string;
  readonly status: number;

  constructor(code: ApiProblem["code"], options: { message: string; hint: string; status: number }) {
    super(options.message);
    this.code = code;
    this.hint = options.hint;
    this.status = options.status;
  }
}

const ACTIVE_MS = 120_000;
let lastTouched = Date.now();
for (const event of ["keydown", "pointerdown", "scroll"] as const) {
  addEventListener(event, () => (lastTouched = Date.now()), { passive: true, capture: true });
}

/** Tells the station whether somebody is at the machine: pages left open keep no session alive. */
async function send(input: RequestInfo | URL, init?: RequestInit): Promise<Response> {
  const headers = new Headers(init?.headers);
  if (Date.now() - lastTouched < ACTIVE_MS) headers.set("Sekisho-Active", "1");
  try {
    return await fetch(input, { ...init, headers, credentials: "same-origin" });
  } catch {
    throw new ApiProblem("unreachable", { message: "", hint: "", status: 0 });
  }
}

/** The station's API, typed by its routes. */
export const api = hc<Api>("/api", { fetch: send });

/** The answer's value, or a thrown ApiProblem. */
export async function read<T>(asked: Promise<ClientResponse<T>>): Promise<T> {
  const response = await asked;
  if (!response.ok) throw await problemOf(response as unknown as Response);
  return (await response.json()) as T;
}

/** Posts to better-auth's own addresses, which are not in the typed routes. */
export async function postAuth<T = { next: string }>(path: string, body: unknown): Promise<T> {
  const headers = { "Content-Type": "application/json" };
  const response = await send(`/api/auth${path}`, { method: "POST", headers, body: JSON.stringify(body) });
  if (!response.ok) throw await problemOf(response);
  return (await response.json()) as T;
}

export async function getAuth<T>(path: string): Promise<T> {
  const response = await send(`/api/auth${path}`);
  if (!response.ok) throw await problemOf(response);
  return (await response.json()) as T;
}

export async function problemOf(response: Response): Promise<ApiProblem> {
  const { status } = response;
  const body = (await response.json().catch(() => null)) as Partial<Problem> | null;
  const { code = "failed", message = "", hint = "" } = body?.error ?? {};
  return new ApiProblem(code, { message, hint, status });
}
