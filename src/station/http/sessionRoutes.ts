import { Hono } from "hono";
import { z } from "zod";
import type { Context, Env } from "./context.ts";
import { passwordLimits, sessionLimits } from "./createAuth.ts";
import { permissionsOf } from "./permissions.ts";
import { refusal } from "./problem.ts";
import { takeOrRefuse } from "./protect.ts";
import { readInput } from "./readInput.ts";
import { knowPerson, type Known } from "./requirePerson.ts";
import type { OneTimeLink } from "./oneTimeLinks.ts";

const Token = z.string().regex(/^[A-Za-z0-9_-]{43}$/);
const Newcomer = z.strictObject({
  token: Token,
  name: z.string().trim().min(1).max(100),
  email: z.email().max(200).trim().toLowerCase(),
  password: z.string().min(passwordLimits.charactersMin).max(passwordLimits.charactersMax),
});

/** Who one is, coming in by a link, and proving a factor once more. For people who may not be signed in. */
export function sessionRoutes(context: Context) {
  return new Hono<Env>()
    .get("/session", async (c) => {
      const known = await knowPerson(context, c);
      const status = await context.services.station.status();
      const { organisation, timeZone, version } = status;
      return c.json({
        state: stateOf(known),
        organisation,
        timeZone,
        version: known === null ? "" : version,
        passwordCharactersMin: passwordLimits.charactersMin,
        person: known?.person ?? null,
        permissions: known?.secondFactor === true ? permissionsOf(known.person.roles) : [],
        confirmedUntil: confirmedUntil(known?.session.confirmedAt ?? null),
      });
    })
    .post("/links/open", readInput("json", z.strictObject({ token: Token })), async (c) => {
      takeOrRefuse(context.limiters.linkByClient, c.get("clientAddress"));
      const { kind, email, roles, person, expiresAt } = await context.links.open(c.req.valid("json").token);
      const owner = person === null ? null : await context.people.get(person);
      return c.json({ kind, email: owner?.email ?? email, name: owner?.name ?? null, roles, expiresAt });
    })
    .post("/links/use", readInput("json", Newcomer), async (c) => {
      takeOrRefuse(context.limiters.linkByClient, c.get("clientAddress"));
      const { email, password } = await comeIn(context, c.req.valid("json"));
      const headers = c.req.raw.headers;
      const body = { email, password };
      const signedIn = await context.auth.api.signInEmail({ body, headers, returnHeaders: true });
      for (const cookie of signedIn.headers.getSetCookie()) c.header("Set-Cookie", cookie, { append: true });
      return c.json({ next: "second-factor-missing" as const });
    })
    .post("/confirm", readInput("json", z.strictObject({ code: z.string().max(12) })), async (c) => {
      const known = await knowPerson(context, c);
      if (known === null) throw refusal(401, "signed-out", "Sign in first");
      takeOrRefuse(context.limiters.confirmByPerson, known.person.id);
      const body = { code: c.req.valid("json").code };
      const by = `person/${known.person.id}`;
      const verified = await context.auth.api.verifyTOTP({ body, headers: c.req.raw.headers }).then(
        () => context.usedCodes.take(known.person.id, body.code),
        () => false,
      );
      if (!verified) {
        const data = { factor: "totp", reason: "confirmation" };
        await context.services.ledger.record({ kind: "observed", code: "sign-in-failed", by, data });
        throw refusal(401, "sign-in-refused", "INVALID_CODE");
      }
      const confirmedAt = new Date();
      const session = known.session.id;
      await context.db.updateTable("session").set({ confirmedAt }).where("id", "=", session).execute();
      const data = { factor: "totp" };
      await context.services.ledger.record({ kind: "observed", code: "factor-proven", by, data });
      return c.json({ confirmedUntil: confirmedUntil(confirmedAt) });
    });
}

function stateOf(known: Known | null): "signed-out" | "signed-in" | "second-factor-missing" {
  if (known === null) return "signed-out";
  return known.secondFactor ? "signed-in" : "second-factor-missing";
}

function confirmedUntil(confirmedAt: Date | null): string | null {
  if (confirmedAt === null) return null;
  return new Date(confirmedAt.getTime() + sessionLimits.confirmedSeconds * 1000).toISOString();
}

/**
 * Uses the link up and lets the person in, both or neither. The ledger keeps its index in the same store, so
 * it is told outside of the transaction, and before the person gets a session.
 */
async function comeIn(
  context: Context,
  newcomer: z.infer<typeof Newcomer>,
): Promise<{ email: string; password: string }> {
  const { hash } = (await context.auth.$context).password;
  const passwordHash = await hash(newcomer.password);
  const { link, person, email } = await context.db.transaction().execute(async (transaction) => {
    const link = await context.links.use(transaction, newcomer.token);
    if (link.kind === "reset" && link.person !== null) {
      const person = await transaction
        .selectFrom("person")
        .select(["id", "email"])
        .where("id", "=", link.person)
        .where("removedAt", "is", null)
        .executeTakeFirst();
      if (person === undefined) throw refusal(410, "link-invalid", "The person of this link was removed");
      await context.people.reset(transaction, person.id, passwordHash);
      return { link, person: person.id as string, email: person.email as string };
    }
    const { name, email } = newcomer;
    await refuseTaken(transaction, email);
    const person = await context.people.add(transaction, { name, email, roles: link.roles, passwordHash });
    return { link, person: person.id, email };
  });
  await recordArrival(context, person, link);
  return { email, password: newcomer.password };
}

async function refuseTaken(transaction: Context["db"], email: string): Promise<void> {
  const taken = await transaction.selectFrom("person").select("id").where("email", "=", email).execute();
  if (taken.length > 0) throw refusal(409, "input-invalid", "This address belongs to somebody here already");
}

async function recordArrival(context: Context, person: string, link: OneTimeLink): Promise<void> {
  const code = link.kind === "reset" ? "person-reset" : "person-joined";
  const data = { link: link.id, kind: link.kind, roles: link.roles.join(",") };
  const by = `person/${person}`;
  await context.services.ledger.record({ kind: "observed", code, by, about: { person }, data });
}
