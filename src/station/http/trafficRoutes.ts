import { Hono } from "hono";
import { z } from "zod";
import { CUT_ACTS } from "../services.ts";
import type { Context, Env } from "./context.ts";
import { readInput } from "./readInput.ts";
import { requireConfirmation, requirePermission } from "./requirePerson.ts";

const Hours = z.object({
  hours: z.coerce
    .number()
    .int()
    .min(1)
    .max(24 * 31)
    .default(24),
});
const Filter = z.object({
  code: z.string().max(64).optional(),
  severity: z.string().max(16).optional(),
  host: z.string().max(64).optional(),
  hidden: z.stringbool().optional(),
  text: z.string().max(200).optional(),
  limit: z.coerce.number().int().min(1).max(500).default(100),
});
const Id = z.object({ id: z.string().regex(/^[A-Za-z0-9_-]{1,128}$/) });
const Host = z.object({ address: z.union([z.ipv4(), z.ipv6()]) });
const CutFilter = z.object({
  inForce: z.stringbool().optional(),
  limit: z.coerce.number().int().min(1).max(500).default(100),
});
const Target = z.strictObject({ act: z.enum(CUT_ACTS), target: z.string().trim().max(2_000) });
const minutes = z
  .int()
  .min(1)
  .max(60 * 24 * 30);
const reason = z.string().trim().min(3).max(2_000);
const Wish = Target.extend({ minutes, reason, finding: z.uuid().optional() });
const Lift = z.strictObject({ reason });
const Renewal = z.strictObject({ minutes, reason });

/** What speaks outwards, what was found, what is cut. To cut, renew and lift asks for a fresh proof. */
export function trafficRoutes(context: Context) {
  const { traffic } = context.services;
  const view = requirePermission("traffic.view");
  const order = requirePermission("cut.order");
  return new Hono<Env>()
    .get("/overview", view, readInput("query", Hours), async (c) =>
      c.json(await traffic.overview(c.req.valid("query").hours)),
    )
    .get("/hosts/:address", view, readInput("param", Host), readInput("query", Hours), async (c) =>
      c.json(await traffic.host(c.req.valid("param").address, c.req.valid("query").hours)),
    )
    .get("/findings", view, readInput("query", Filter), async (c) =>
      c.json(await traffic.findings(c.req.valid("query"))),
    )
    .post("/findings/:id/open", requirePermission("finding.open"), readInput("param", Id), async (c) =>
      c.json(await traffic.finding(c.req.valid("param").id, c.get("person"))),
    )
    .get("/cuts", view, readInput("query", CutFilter), async (c) =>
      c.json(await traffic.cuts(c.req.valid("query"))),
    )
    .get("/card", view, async (c) => c.json(await traffic.card()))
    .get("/drills", view, async (c) => c.json(await traffic.drills(20)))
    .post("/drills", order, requireConfirmation, async (c) => c.json(await traffic.drill(c.get("person"))))
    .post("/cuts/preview", order, readInput("json", Target), async (c) =>
      c.json(await traffic.preview(c.req.valid("json"))),
    )
    .post("/cuts", order, requireConfirmation, readInput("json", Wish), async (c) =>
      c.json(await traffic.cut(c.get("person"), c.req.valid("json"))),
    )
    .post(
      "/cuts/:id/lift",
      order,
      requireConfirmation,
      readInput("param", Id),
      readInput("json", Lift),
      async (c) =>
        c.json(await traffic.lift(c.req.valid("param").id, c.get("person"), c.req.valid("json").reason)),
    )
    .post(
      "/cuts/:id/renew",
      order,
      requireConfirmation,
      readInput("param", Id),
      readInput("json", Renewal),
      async (c) => c.json(await traffic.renew(c.req.valid("param").id, c.get("person"), c.req.valid("json"))),
    );
}
