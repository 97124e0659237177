import { Hono } from "hono";
import { z } from "zod";
import { HELD_STATES, PURPOSES } from "../services.ts";
import type { Context, Env } from "./context.ts";
import { takeOrRefuse } from "./protect.ts";
import { readInput } from "./readInput.ts";
import { requirePermission } from "./requirePerson.ts";

const Filter = z.object({
  state: z.enum(HELD_STATES).optional(),
  reason: z.string().max(64).optional(),
  text: z.string().max(200).optional(),
  limit: z.coerce.number().int().min(1).max(500).default(100),
  before: z.string().max(64).optional(),
});
const MailId = z.object({ mail: z.string().regex(/^[A-Za-z0-9_-]{1,128}$/) });
const Purpose = z.strictObject({ purpose: z.enum(PURPOSES) });

/** The mail desk. To open a mail is a POST, since it writes an entry in the ledger. */
export function mailRoutes(context: Context) {
  const { desk } = context.services;
  return new Hono<Env>()
    .get("/", requirePermission("mail.list"), readInput("query", Filter), async (c) =>
      c.json(await desk.list(c.req.valid("query"))),
    )
    .post(
      "/:mail/open",
      requirePermission("mail.open"),
      readInput("param", MailId),
      readInput("json", Purpose),
      async (c) => {
        const { mail } = c.req.valid("param");
        return c.json(await desk.open(mail, c.get("person"), c.req.valid("json").purpose));
      },
    )
    .post(
      "/:mail/raw",
      requirePermission("mail.export"),
      readInput("param", MailId),
      readInput("json", Purpose),
      async (c) => {
        takeOrRefuse(context.limiters.exportByPerson, c.get("person").id);
        const { mail } = c.req.valid("param");
        const bytes = await desk.raw(mail, c.get("person"), c.req.valid("json").purpose);
        return c.body(Uint8Array.from(bytes), 200, {
          "Content-Type": "application/octet-stream",
          "Content-Disposition": `attachment; filename="${mail}.eml"`,
        });
      },
    );
}
