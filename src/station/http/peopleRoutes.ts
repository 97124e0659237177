import { Hono } from "hono";
import { z } from "zod";
import { SekishoError } from "../../lib/error.ts";
import type { Context, Env } from "./context.ts";
import { Roles } from "./people.ts";
import { readInput } from "./readInput.ts";
import { requireConfirmation, requirePermission } from "./requirePerson.ts";

const Id = z.object({ id: z.uuid() });
const Invitation = z.strictObject({ email: z.email().max(200).trim().toLowerCase(), roles: Roles });

/** People, their roles, and the links that let them in. The ledger has a change before it takes effect. */
export function peopleRoutes(context: Context) {
  const view = requirePermission("people.view");
  const change = requirePermission("people.change");
  return new Hono<Env>()
    .get("/", view, async (c) => {
      const [people, links] = await Promise.all([context.people.list(), context.links.list()]);
      return c.json({ people, links });
    })
    .post("/invitations", change, requireConfirmation, readInput("json", Invitation), async (c) => {
      const { email, roles } = c.req.valid("json");
      const person = c.get("person");
      await decide(context, "person-invited", person.id, { roles: roles.join(",") });
      const link = { kind: "invite" as const, email, roles, person: null, madeBy: person.id };
      return c.json(told(context, await context.links.make(link)));
    })
    .delete("/links/:id", change, readInput("param", Id), async (c) => {
      const { id } = c.req.valid("param");
      await decide(context, "invitation-withdrawn", c.get("person").id, { link: id });
      await context.links.withdraw({ id });
      return c.json({ done: true });
    })
    .put(
      "/:id/roles",
      change,
      requireConfirmation,
      readInput("param", Id),
      readInput("json", z.strictObject({ roles: Roles })),
      async (c) => {
        const { id } = c.req.valid("param");
        const { roles } = c.req.valid("json");
        const before = await context.people.get(id);
        if (!roles.includes("administrator")) await context.people.requireOtherAdministrator(id);
        const data = { from: before.roles.join(","), to: roles.join(",") };
        await decide(context, "roles-changed", c.get("person").id, data, id);
        await context.people.setRoles(id, roles);
        return c.json(await context.people.get(id));
      },
    )
    .post("/:id/reset", change, requireConfirmation, readInput("param", Id), async (c) => {
      const { id } = c.req.valid("param");
      const { roles } = await context.people.get(id);
      const madeBy = c.get("person").id;
      await decide(context, "factors-reset-offered", madeBy, {}, id);
      const link = { kind: "reset" as const, email: null, roles, person: id, madeBy };
      return c.json(told(context, await context.links.make(link)));
    })
    .delete("/:id", change, requireConfirmation, readInput("param", Id), async (c) => {
      const { id } = c.req.valid("param");
      await context.people.get(id);
      if (id === c.get("person").id) {
        throw new SekishoError("conflict", "Cannot remove yourself", { hint: "ask another administrator" });
      }
      await context.people.requireOtherAdministrator(id);
      await decide(context, "person-removed", c.get("person").id, {}, id);
      await context.people.remove(id);
      return c.json({ done: true });
    });
}

/** The token stands behind "#", which no browser sends: it gets into no log and no Referer. */
export function addressOfLink(origin: string, token: string): string {
  return `${origin}/welcome#${token}`;
}

function told(context: Context, made: { id: string; token: string; expiresAt: string }) {
  const { id, expiresAt } = made;
  return { id, expiresAt, address: addressOfLink(context.config.origin, made.token) };
}

async function decide(
  context: Context,
  code: string,
  by: string,
  data: Record<string, string>,
  person?: string,
): Promise<void> {
  const about: Record<string, string> = person === undefined ? {} : { person };
  await context.services.ledger.record({ kind: "decided", code, by: `person/${by}`, about, data });
}
