import { Hono } from "hono";
import { z } from "zod";
import type { Context, Env } from "./context.ts";
import { mayDo } from "./permissions.ts";
import { readInput } from "./readInput.ts";
import { forbidden, requireConfirmation, requirePermission } from "./requirePerson.ts";

const Filter = z.object({
  state: z.enum(["asked", "seconding", "answered", "defaulted", "withdrawn"]).optional(),
  limit: z.coerce.number().int().min(1).max(500).default(100),
});
const DecisionId = z.object({ id: z.string().regex(/^[A-Za-z0-9_-]{1,128}$/) });
const Answer = z.strictObject({
  option: z.string().regex(/^[a-z][a-z0-9-]{0,63}$/),
  reason: z.string().trim().min(3).max(2000),
});

const Dissent = z.strictObject({ reason: z.string().trim().min(3).max(2_000) });

/** Decisions that wait, and those that were taken. */
export function decisionRoutes(context: Context) {
  const { decisions } = context.services;
  const view = requirePermission("decision.view");
  return new Hono<Env>()
    .get("/", view, readInput("query", Filter), async (c) =>
      c.json(await decisions.list(c.req.valid("query"))),
    )
    .get("/:id", view, readInput("param", DecisionId), async (c) =>
      c.json(await decisions.get(c.req.valid("param").id)),
    )
    .post("/:id/dissent", view, readInput("param", DecisionId), readInput("json", Dissent), async (c) => {
      const person = c.get("person");
      if (!mayDo(person.roles, "incident.change")) throw forbidden("incident.change");
      await context.services.room.dissent(c.req.valid("param").id, c.req.valid("json").reason, person);
      return c.body(null, 204);
    })
    .post(
      "/:id/answer",
      view,
      requireConfirmation,
      readInput("param", DecisionId),
      readInput("json", Answer),
      async (c) => {
        const { id } = c.req.valid("param");
        const person = c.get("person");
        const decision = await decisions.get(id);
        // The role that owns the question may answer it, and so may those who answer any; an auditor never.
        const owns = decision.owner.role !== "auditor" && person.roles.includes(decision.owner.role);
        if (!owns && !mayDo(person.roles, "decision.answer")) throw forbidden("decision.answer");
        return c.json(await decisions.answer(id, person, c.req.valid("json")));
      },
    );
}
