import { Hono } from "hono";
import { z } from "zod";
import { Assertion } from "../approvalPasskeys.ts";
import { RECORDS_KINDS, RECORDS_PURPOSES, RECORDS_STATES } from "../service/recordsTypes.ts";
import type { Context, Env } from "./context.ts";
import { mayDo } from "./permissions.ts";
import { readInput } from "./readInput.ts";
import { forbidden, requirePermission } from "./requirePerson.ts";

const Hours = z.object({
  hours: z.coerce
    .number()
    .int()
    .min(1)
    .max(24 * 14)
    .default(24),
});
const limit = z.coerce.number().int().min(1).max(500).default(100);
const Filter = z.object({
  kind: z.enum(RECORDS_KINDS).optional(),
  person: z.string().max(128).optional(),
  state: z.enum(RECORDS_STATES).optional(),
  code: z.string().max(64).optional(),
  severity: z.string().max(16).optional(),
  text: z.string().max(200).optional(),
  before: z.string().max(100).optional(),
  limit,
});
const Id = z.object({ id: z.uuid() });
const Look = z.strictObject({ reveal: z.enum(RECORDS_PURPOSES).nullable().default(null) });
const Approval = z.strictObject({
  nonce: z.string().max(64),
  assertion: Assertion,
  reason: z.string().trim().min(3).max(2_000),
});
const Customer = z.strictObject({
  customer: z.string().trim().min(1).max(200),
  since: z.iso.datetime().optional(),
  until: z.iso.datetime().optional(),
  purpose: z.enum(RECORDS_PURPOSES),
});

/**
 * Who reads whom, what waits for a second person, what is personal. An approval needs no other proof than its
 * passkey, which verifies its user for this very statement.
 */
export function recordsRoutes(context: Context) {
  const { records, decisions } = context.services;
  const view = requirePermission("records.view");
  return new Hono<Env>()
    .get("/readers", view, readInput("query", Hours), async (c) =>
      c.json(await records.readers(c.req.valid("query").hours)),
    )
    .get("/events", view, readInput("query", Filter), async (c) =>
      c.json(await records.events(c.req.valid("query"))),
    )
    .post(
      "/events/:id/open",
      requirePermission("records.open"),
      readInput("param", Id),
      readInput("json", Look),
      async (c) => c.json(await records.event(c.req.valid("param").id, c.get("person"), c.req.valid("json"))),
    )
    .get("/approvals", view, async (c) => c.json(await records.waiting(c.get("person"))))
    .get("/approvals/:id", view, readInput("param", Id), async (c) =>
      c.json(await records.approval(c.req.valid("param").id, c.get("person"))),
    )
    .post("/approvals/:id/begin", view, readInput("param", Id), async (c) => {
      const { id } = c.req.valid("param");
      await requireOwner(id, c.get("person"));
      return c.json(await records.beginApproval(id, c.get("person")));
    })
    .post("/approvals/:id/approve", view, readInput("param", Id), readInput("json", Approval), async (c) => {
      const { id } = c.req.valid("param");
      await requireOwner(id, c.get("person"));
      return c.json(await records.approve(id, c.get("person"), c.req.valid("json")));
    })
    .get("/columns", view, async (c) => c.json(await records.columns()))
    .post("/customer", requirePermission("records.customer"), readInput("json", Customer), async (c) =>
      c.json(await records.customer(c.req.valid("json"), c.get("person"))),
    )
    .get("/canaries", view, async (c) => c.json(await records.canaries()))
    .get("/files", view, readInput("query", z.object({ limit })), async (c) =>
      c.json(await records.files(c.req.valid("query").limit)),
    );

  /** The role that owns the question may answer it, and so may those who answer any. */
  async function requireOwner(id: string, person: Env["Variables"]["person"]): Promise<void> {
    const { owner } = await decisions.get(id);
    const owns = owner.role !== "auditor" && person.roles.includes(owner.role);
    if (!owns && !mayDo(person.roles, "decision.answer")) throw forbidden("decision.answer");
  }
}
