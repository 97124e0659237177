import { Hono } from "hono";
import { z } from "zod";
import { JOB_NAME } from "../service/scopeJobs.ts";
import { SCOPE_LISTS, SCOPE_VERDICTS } from "../service/scopeTypes.ts";
import type { Context, Env } from "./context.ts";
import { readInput } from "./readInput.ts";
import { requirePermission } from "./requirePerson.ts";

const job = z.string().regex(JOB_NAME);
const Job = z.object({ job });
const record = z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER);
const Pair = z.object({ job, record });
const customer = z.string().min(1).max(200).nullable();
const Filter = z.object({
  list: z.enum(SCOPE_LISTS).default("open"),
  offset: z.coerce.number().int().min(0).max(100_000_000).default(0),
  limit: z.coerce.number().int().min(1).max(500).default(100),
});
const Look = z.strictObject({ customer: customer.default(null) });
const Answer = z.strictObject({
  customer,
  verdict: z.enum(SCOPE_VERDICTS),
  in: z.enum(["queue", "precision", "recall"]).default("queue"),
  reason: z.string().max(2_000).nullable().default(null),
});
const Undo = z.strictObject({ decision: z.uuid().nullable().default(null) });
const Sample = z.strictObject({
  kind: z.enum(["precision", "recall"]),
  size: z.int().min(10).max(5_000),
  again: z.boolean().default(false),
});

/** Who is affected: jobs in numbers for all, pairs of persons for those who decide on them. */
export function scopeRoutes(context: Context) {
  const { scope } = context.services;
  const view = requirePermission("scope.view");
  const decide = requirePermission("scope.decide");
  return new Hono<Env>()
    .get("/jobs", view, async (c) => c.json(await scope.jobs()))
    .get("/jobs/:job", view, readInput("param", Job), async (c) =>
      c.json(await scope.job(c.req.valid("param").job)),
    )
    .get("/jobs/:job/pairs", view, readInput("param", Job), readInput("query", Filter), async (c) =>
      c.json(await scope.pairs(c.req.valid("param").job, c.req.valid("query"))),
    )
    .get("/jobs/:job/estimates", view, readInput("param", Job), async (c) =>
      c.json(await scope.estimates(c.req.valid("param").job)),
    )
    .get("/jobs/:job/report", view, readInput("param", Job), async (c) => {
      const { job: name } = c.req.valid("param");
      const report = await scope.report(name);
      c.header("Content-Type", "text/html; charset=utf-8");
      c.header("Content-Disposition", `attachment; filename*=UTF-8''${encodeURIComponent(name)}-report.html`);
      return c.body(new Uint8Array(report));
    })
    .post(
      "/jobs/:job/pairs/:record/open",
      requirePermission("scope.open"),
      readInput("param", Pair),
      readInput("json", Look),
      async (c) => {
        const { job: name, record: one } = c.req.valid("param");
        return c.json(await scope.open(name, { record: one, ...c.req.valid("json") }, c.get("person")));
      },
    )
    .post(
      "/jobs/:job/pairs/:record/decide",
      decide,
      readInput("param", Pair),
      readInput("json", Answer),
      async (c) => {
        const { job: name, record: one } = c.req.valid("param");
        return c.json(await scope.decide(name, { record: one, ...c.req.valid("json") }, c.get("person")));
      },
    )
    .post("/jobs/:job/undo", decide, readInput("param", Job), readInput("json", Undo), async (c) => {
      const { decision } = c.req.valid("json");
      return c.json(await scope.undo(c.req.valid("param").job, decision, c.get("person")));
    })
    .post("/jobs/:job/apply", decide, readInput("param", Job), async (c) =>
      c.json(await scope.apply(c.req.valid("param").job, c.get("person"))),
    )
    .post("/jobs/:job/hand-over", requirePermission("scope.hand-over"), readInput("param", Job), async (c) =>
      c.json(await scope.handOver(c.req.valid("param").job, c.get("person"))),
    )
    .post("/jobs/:job/sample", decide, readInput("param", Job), readInput("json", Sample), async (c) =>
      c.json(await scope.drawSample(c.req.valid("param").job, c.req.valid("json"), c.get("person"))),
    );
}
