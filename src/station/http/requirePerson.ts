import type { Context as HonoContext, MiddlewareHandler } from "hono";
import type { Context, Env, SignedIn } from "./context.ts";
import { sessionLimits } from "./createAuth.ts";
import type { Person } from "../services.ts";
import { parseRoles } from "./people.ts";
import { mayDo, type Permission } from "./permissions.ts";
import { refusal } from "./problem.ts";

/** The console sets this while keys or pointer are used, so that looking on does not keep a session alive. */
const ACTIVE_HEADER = "sekisho-active";

export type Known = { person: Person; session: SignedIn; secondFactor: boolean };

/** Who sends this request, or null. Renews the session's idle limit where the person is at the machine. */
export async function knowPerson(context: Context, c: HonoContext<Env>): Promise<Known | null> {
  const active = c.req.header(ACTIVE_HEADER) === "1";
  const { headers, response } = await context.auth.api.getSession({
    headers: c.req.raw.headers,
    query: active ? {} : { disableRefresh: true },
    returnHeaders: true,
  });
  for (const cookie of headers.getSetCookie()) c.header("Set-Cookie", cookie, { append: true });
  if (response === null || response.user.removedAt) return null;
  const { user, session } = response;
  const createdAt = new Date(session.createdAt);
  if (createdAt.getTime() + sessionLimits.absoluteSeconds * 1000 < Date.now()) {
    await context.db.deleteFrom("session").where("id", "=", session.id).execute();
    return null;
  }
  const confirmedAt = session.confirmedAt ? new Date(session.confirmedAt) : null;
  return {
    person: { id: user.id, name: user.name, email: user.email, roles: parseRoles(user.roles) },
    session: { id: session.id, createdAt, confirmedAt },
    secondFactor: user.twoFactorEnabled === true,
  };
}

/** Whether the session of an answer that is already under way still lasts; renews nothing. */
export async function stillSignedIn(context: Context, headers: Headers): Promise<boolean> {
  const asked = context.auth.api.getSession({ headers, query: { disableRefresh: true } });
  // While the state store is away nobody can be known, and the page connects again by itself.
  const session = await asked.catch(() => null);
  if (session === null || session.user.removedAt) return false;
  const begun = new Date(session.session.createdAt).getTime();
  return begun + sessionLimits.absoluteSeconds * 1000 > Date.now();
}

/** Lets only signed-in people through, with a second factor proven or, at least, set up. */
export function requirePerson(context: Context): MiddlewareHandler<Env> {
  return async (c, next) => {
    const known = await knowPerson(context, c);
    if (known === null) throw refusal(401, "signed-out", "Sign in first");
    if (!known.secondFactor) throw refusal(403, "second-factor-missing", "Set up a second factor first");
    c.set("person", known.person);
    c.set("session", known.session);
    await next();
  };
}

/** Lets only those through whose roles give the permission. */
export function requirePermission(permission: Permission): MiddlewareHandler<Env> {
  return async (c, next) => {
    if (!mayDo(c.get("person").roles, permission)) throw forbidden(permission);
    await next();
  };
}

export function forbidden(permission: string): Error {
  return refusal(403, "not-permitted", `Your roles do not give ${permission}`);
}

/** Lets only those through who have proven a factor in the last minutes. */
export const requireConfirmation: MiddlewareHandler<Env> = async (c, next) => {
  const confirmedAt = c.get("session").confirmedAt?.getTime() ?? 0;
  if (confirmedAt + sessionLimits.confirmedSeconds * 1000 < Date.now()) {
    throw refusal(403, "confirmation-needed", "Confirm with your passkey or code first");
  }
  await next();
};
