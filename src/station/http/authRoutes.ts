import { createHash } from "node:crypto";
import { Hono, type Context as HonoContext } from "hono";
import type { Context, Env } from "./context.ts";
import { CLIENT_HEADER } from "./createAuth.ts";
import { refusal } from "./problem.ts";
import { takeOrRefuse } from "./protect.ts";
import { knowPerson, type Known } from "./requirePerson.ts";

/** What of better-auth is offered to the outside, and the ledger code that a success gets. */
const OFFERED: Record<string, { signIn?: "password" | "totp" | "recovery" | "passkey"; records?: string }> = {
  "/sign-in/email": { signIn: "password" },
  "/two-factor/verify-totp": { signIn: "totp" },
  "/two-factor/verify-backup-code": { signIn: "recovery" },
  "/passkey/verify-authentication": { signIn: "passkey" },
  "/passkey/generate-authenticate-options": {},
  "/passkey/generate-register-options": {},
  "/passkey/verify-registration": { records: "passkey-added" },
  "/passkey/list-user-passkeys": {},
  "/passkey/delete-passkey": { records: "passkey-removed" },
  "/two-factor/enable": {},
  "/two-factor/generate-backup-codes": { records: "recovery-codes-made" },
  "/change-password": { records: "password-changed" },
  "/sign-out": { records: "signed-out" },
};

/** Where somebody at an open session could guess the password. */
const ASKS_PASSWORD = ["/two-factor/enable", "/two-factor/generate-backup-codes", "/change-password"];

/** Hands sign-in to better-auth, with our limits before it and our ledger behind it. */
export function authRoutes(context: Context) {
  return new Hono<Env>().on(["GET", "POST"], "/*", async (c) => {
    const path = new URL(c.req.url).pathname.replace(/^.*\/api\/auth/, "");
    const offered = OFFERED[path];
    if (offered === undefined) throw refusal(404, "input-invalid", "There is nothing here");
    if (offered.signIn !== undefined) await limitSignIn(context, c);
    const before = await knowPerson(context, c);
    if (before !== null && ASKS_PASSWORD.includes(path)) {
      takeOrRefuse(context.limiters.confirmByPerson, before.person.id);
    }
    if (before !== null && !before.secondFactor && path === "/change-password") {
      throw refusal(403, "second-factor-missing", "Set up a second factor first");
    }
    if (offered.signIn === "totp" && before?.secondFactor === true) {
      throw refusal(409, "input-invalid", "You are signed in; prove a factor at /api/confirm");
    }
    const request = requestFor(c);
    const code = offered.signIn === "totp" ? await textIn(request, "code") : null;
    const response = await context.auth.handler(request);
    if (offered.signIn !== undefined) {
      return finishSignIn(context, { before, factor: offered.signIn, code }, response);
    }
    if (response.ok && offered.records !== undefined && before !== null) {
      await record(context, offered.records, before.person.id, {});
    }
    return hideTokens(response, path);
  });
}

/** The same request, with the client's address as the station knows it. */
function requestFor(c: HonoContext<Env>): Request {
  const headers = new Headers(c.req.raw.headers);
  headers.set(CLIENT_HEADER, c.get("clientAddress"));
  return new Request(c.req.raw, { headers });
}

async function limitSignIn(context: Context, c: HonoContext<Env>): Promise<void> {
  takeOrRefuse(context.limiters.signInByClient, c.get("clientAddress"));
  const email = await textIn(c.req.raw, "email");
  if (email === null) return;
  const account = createHash("sha256").update(email.trim().toLowerCase()).digest("hex");
  takeOrRefuse(context.limiters.signInByAccount, account);
}

/** A text in the body of a request that somebody else still has to read. */
async function textIn(request: Request, name: string): Promise<string | null> {
  const body: unknown = await request
    .clone()
    .json()
    .catch(() => null);
  const value = (body as Record<string, unknown> | null)?.[name];
  return typeof value === "string" ? value : null;
}

type Body = { twoFactorRedirect?: boolean; user?: { id: string }; code?: string; token?: string };

/** Records the success or failure, and tells the page only what it needs: no token leaves the cookie. */
async function finishSignIn(
  context: Context,
  attempt: { before: Known | null; factor: string; code: string | null },
  response: Response,
): Promise<Response> {
  const { before, factor, code } = attempt;
  const body = (await response.json().catch(() => ({}))) as Body;
  if (!response.ok) {
    return refuseSignIn(context, factor, body.code ?? "REFUSED", headersWithCookies(response));
  }
  const headers = headersWithCookies(response);
  if (body.twoFactorRedirect === true) return Response.json({ next: "second-factor" }, { headers });
  const person = body.user?.id;
  if (person === undefined) return Response.json({ next: "done" }, { headers });
  if (code !== null && before === null && !context.usedCodes.take(person, code)) {
    // better-auth does not remember codes, so the session that it just began is ended before anyone has it.
    await context.db
      .deleteFrom("session")
      .where("token", "=", body.token ?? "")
      .execute();
    return refuseSignIn(context, factor, "CODE_USED_BEFORE", new Headers());
  }
  // A passkey shown while signed in begins a new session; the old one has no more use.
  if (factor === "passkey" && before !== null) {
    await context.db.deleteFrom("session").where("id", "=", before.session.id).execute();
  }
  await record(context, codeOf(before), person, { factor });
  return Response.json({ next: "done" }, { headers });
}

/** What a proven factor means: a sign-in, the end of the set-up, or a proof in between. */
function codeOf(before: Known | null): string {
  if (before === null) return "signed-in";
  return before.secondFactor ? "factor-proven" : "second-factor-enrolled";
}

async function refuseSignIn(
  context: Context,
  factor: string,
  message: string,
  headers: Headers,
): Promise<Response> {
  await recordFailure(context, factor, message);
  return Response.json({ error: { code: "sign-in-refused", message, hint: "" } }, { status: 401, headers });
}

function headersWithCookies(response: Response): Headers {
  const headers = new Headers();
  for (const cookie of response.headers.getSetCookie()) headers.append("Set-Cookie", cookie);
  return headers;
}

/** Enabling and changing give a token back; the console has no use for it, and a script must not have it. */
async function hideTokens(response: Response, path: string): Promise<Response> {
  if (path !== "/change-password" && path !== "/passkey/verify-registration") return response;
  const { status } = response;
  const body = (await response.json().catch(() => ({}))) as Body;
  const error = { code: "input-invalid", message: body.code ?? "REFUSED", hint: "" };
  const shown = response.ok ? { next: "done" } : { error };
  return Response.json(shown, { status, headers: headersWithCookies(response) });
}

async function record(
  context: Context,
  code: string,
  person: string,
  data: Record<string, string>,
): Promise<void> {
  const by = `person/${person}`;
  await context.services.ledger.record({ kind: "observed", code, by, about: { person }, data });
}

async function recordFailure(context: Context, factor: string, reason: string): Promise<void> {
  const data = { factor, reason: reason.slice(0, 64) };
  await context.services.ledger.record({ kind: "observed", code: "sign-in-failed", by: "station", data });
}
