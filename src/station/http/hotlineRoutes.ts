import { Hono } from "hono";
import { z } from "zod";
import { limits } from "../../notice/hotline/hotline.ts";
import type { Context, Env } from "./context.ts";
import { readInput } from "./readInput.ts";
import { requirePermission } from "./requirePerson.ts";

const value = z.string().trim().min(1).max(320);
const Proof = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.enum(["email", "phone", "customer"]), value }),
  z.strictObject({ kind: z.literal("name-birth"), name: value, birth: z.iso.date() }),
]);
const Call = z.strictObject({
  proofs: z.array(Proof).min(limits.proofsMin).max(limits.proofsMax),
  note: z.string().max(limits.noteCharactersMax).default(""),
});

/** "Am I affected?", for the agents of the hotline. */
export function hotlineRoutes(context: Context) {
  const { hotline } = context.services;
  return new Hono<Env>().post("/ask", requirePermission("hotline.use"), readInput("json", Call), async (c) =>
    c.json(await hotline.ask(c.req.valid("json"), c.get("person"))),
  );
}
