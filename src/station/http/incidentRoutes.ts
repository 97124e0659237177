import { Hono } from "hono";
import { z } from "zod";
import { OutsideSource } from "../../incident/room/items.ts";
import { AUDIENCES, FACT_NAMES } from "../../law/facts.ts";
import { EntryId } from "../../ledger/entry.ts";
import type { IncidentView, Person } from "../services.ts";
import type { Context, Env } from "./context.ts";
import { mayDo } from "./permissions.ts";
import { readInput } from "./readInput.ts";
import { requirePermission } from "./requirePerson.ts";

const id = z.uuid();
const Id = z.object({ id });
const Claim = z.object({ id, claim: z.uuid() });
const Finding = z.object({ id, finding: z.uuid() });
const text = z.string().trim().min(3).max(4_000);
const Opening = z.strictObject({ title: text });
const Reason = z.strictObject({ reason: text });
const Merge = z.strictObject({ from: z.uuid(), reason: text });
const Said = z.strictObject({
  fact: z.enum(FACT_NAMES),
  value: z.union([z.boolean(), z.number(), z.string().max(64)]),
  bound: z.boolean().default(false),
  replaces: z.uuid().nullable().default(null),
  source: text,
  outside: OutsideSource.optional(),
  audience: z.enum(AUDIENCES).default("team"),
  restsOn: z.array(EntryId).max(100).default([]),
});
const Done = z.strictObject({
  law: z.string().max(64),
  duty: z.string().max(64),
  at: z.iso.datetime({ offset: true }),
  reason: text,
});

/** What is for counsel is seen by those who settle; the clocks that hang on it are seen by all. */
function seenBy(incident: IncidentView, { roles }: Person): IncidentView {
  if (mayDo(roles, "incident.settle")) return incident;
  const facts = incident.facts.map((fact) => ({
    ...fact,
    claims: fact.claims.filter(({ audience }) => audience !== "counsel"),
  }));
  return { ...incident, facts };
}

/** The incident room: what belongs together, what is claimed, which clocks run. */
export function incidentRoutes(context: Context) {
  const { incidents } = context.services;
  const view = requirePermission("incident.view");
  const change = requirePermission("incident.change");
  const settle = requirePermission("incident.settle");
  return new Hono<Env>()
    .get("/", view, async (c) => c.json(await incidents.list()))
    .get("/:id", view, readInput("param", Id), async (c) =>
      c.json(seenBy(await incidents.get(c.req.valid("param").id), c.get("person"))),
    )
    .post("/", change, readInput("json", Opening), async (c) =>
      c.json(await incidents.open(c.req.valid("json").title, c.get("person"))),
    )
    .post("/:id/claims", change, readInput("param", Id), readInput("json", Said), async (c) =>
      c.json(await incidents.claim(c.req.valid("param").id, c.req.valid("json"), c.get("person"))),
    )
    .post(
      "/:id/claims/:claim/pick",
      settle,
      readInput("param", Claim),
      readInput("json", Reason),
      async (c) => {
        const { id: incident, claim } = c.req.valid("param");
        return c.json(await incidents.pick(incident, claim, c.req.valid("json").reason, c.get("person")));
      },
    )
    .post(
      "/:id/findings/:finding/part",
      change,
      readInput("param", Finding),
      readInput("json", Reason),
      async (c) => {
        const { id: incident, finding } = c.req.valid("param");
        return c.json(await incidents.part(incident, finding, c.req.valid("json").reason, c.get("person")));
      },
    )
    .post("/:id/merge", change, readInput("param", Id), readInput("json", Merge), async (c) => {
      const { from, reason } = c.req.valid("json");
      return c.json(await incidents.merge(c.req.valid("param").id, from, reason, c.get("person")));
    })
    .post("/:id/done", settle, readInput("param", Id), readInput("json", Done), async (c) =>
      c.json(await incidents.done(c.req.valid("param").id, c.req.valid("json"), c.get("person"))),
    );
}
