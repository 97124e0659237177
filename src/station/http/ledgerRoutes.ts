import { Hono } from "hono";
import { z } from "zod";
import { EntryId, KINDS } from "../../ledger/entry.ts";
import type { Context, Env } from "./context.ts";
import { takeOrRefuse } from "./protect.ts";
import { readInput } from "./readInput.ts";
import { requirePermission } from "./requirePerson.ts";

const Query = z.object({
  text: z.string().max(200).optional(),
  kind: z.enum(KINDS).optional(),
  code: z
    .string()
    .regex(/^[a-z0-9-]{1,64}$/)
    .optional(),
  about: z
    .string()
    .regex(/^[a-z][a-zA-Z0-9]{0,31}:.{1,256}$/)
    .transform((text) => {
      const colon = text.indexOf(":");
      return { key: text.slice(0, colon), value: text.slice(colon + 1) };
    })
    .optional(),
  since: z.iso.datetime().optional(),
  until: z.iso.datetime().optional(),
  beforeIndex: z.coerce.number().int().min(0).optional(),
  limit: z.coerce.number().int().min(1).max(500).default(100),
});
const Id = z.object({ id: EntryId });

/** The ledger: search, walk, prove, verify. */
export function ledgerRoutes(context: Context) {
  const { ledger } = context.services;
  return new Hono<Env>()
    .use(requirePermission("ledger.read"))
    .get("/", readInput("query", Query), async (c) => c.json(await ledger.search(c.req.valid("query"))))
    .get("/checkpoint", async (c) => c.text(await ledger.checkpoint()))
    .get("/:id/walk", readInput("param", Id), async (c) => c.json(await ledger.walk(c.req.valid("param").id)))
    .get("/:id/proof", readInput("param", Id), async (c) =>
      c.json(await ledger.prove(c.req.valid("param").id)),
    )
    .post("/verify", requirePermission("ledger.verify"), async (c) => {
      takeOrRefuse(context.limiters.verifyByPerson, c.get("person").id);
      return c.json(await ledger.verify(c.get("person")));
    });
}
