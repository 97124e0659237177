import { Hono } from "hono";
import { z } from "zod";
import { EntryId } from "../../ledger/entry.ts";
import { Assumptions } from "../../report/report.ts";
import { Passage, REPORT_KINDS, Written } from "../../report/reportCodes.ts";
import { REPORT_FORMATS } from "../service/reportTypes.ts";
import type { Context, Env } from "./context.ts";
import { readInput } from "./readInput.ts";
import { requireConfirmation, requirePermission } from "./requirePerson.ts";

const incident = z.uuid();
const Incident = z.object({ incident });
const One = z.object({ incident, report: z.uuid() });
const name = z.string().min(1).max(64);
const reason = z.string().trim().min(3).max(4_000);
const Wanted = z.object({
  kind: z.enum(REPORT_KINDS),
  law: name.optional(),
  duty: name.optional(),
  partner: name.optional(),
});
/** An object as JSON: a page asks anew for each figure that somebody changes. */
const Assumed = z
  .string()
  .max(1_000)
  .transform((text, context) => {
    try {
      return JSON.parse(text) as unknown;
    } catch {
      context.addIssue({ code: "custom", message: "is not JSON" });
      return z.NEVER;
    }
  })
  .pipe(Assumptions);
const Looking = z.object({ ...Wanted.shape, assumptions: Assumed.optional() });
const Drafting = z.strictObject({ ...Wanted.shape, assumptions: Assumptions.optional() });
const Writing = z.strictObject({ ...Passage.shape, text: Written });
const Allowing = z.strictObject({ entry: EntryId, allowed: z.boolean(), reason });
const Linking = z.strictObject({ scope: EntryId, reason });
const Reason = z.strictObject({ reason });
const Filing = z.strictObject({ receipt: reason, at: z.iso.datetime({ offset: true }) });
const Form = z.object({
  format: z.enum(REPORT_FORMATS).default("html"),
  language: z.enum(["ja", "en"]).default("ja"),
});
const Two = z.object({ from: z.uuid(), to: z.uuid() });

/** Reports: what is known item by item, drafts, their release by two persons, and their files. */
export function reportRoutes(context: Context) {
  return new Hono<Env>().route("/", readingRoutes(context)).route("/", writingRoutes(context));
}

function readingRoutes(context: Context) {
  const { reports } = context.services;
  const view = requirePermission("report.view");
  return new Hono<Env>()
    .get("/:incident", view, readInput("param", Incident), async (c) =>
      c.json(await reports.list(c.req.valid("param").incident)),
    )
    .get("/:incident/preview", view, readInput("param", Incident), readInput("query", Looking), async (c) =>
      c.json(await reports.preview(c.req.valid("param").incident, c.req.valid("query"))),
    )
    .get("/:incident/check", view, readInput("param", Incident), readInput("query", Wanted), async (c) =>
      c.json(await reports.check(c.req.valid("param").incident, c.req.valid("query"))),
    )
    .get("/:incident/reports/:report/check", view, readInput("param", One), async (c) => {
      const { incident: id, report } = c.req.valid("param");
      return c.json(await reports.check(id, { report }));
    })
    .get("/:incident/diff", view, readInput("param", Incident), readInput("query", Two), async (c) => {
      const { from, to } = c.req.valid("query");
      return c.json(await reports.diff(c.req.valid("param").incident, from, to));
    })
    .get("/:incident/reports/:report", view, readInput("param", One), async (c) => {
      const { incident: id, report } = c.req.valid("param");
      return c.json(await reports.get(id, report));
    })
    .get(
      "/:incident/reports/:report/file",
      view,
      readInput("param", One),
      readInput("query", Form),
      async (c) => {
        const { incident: id, report } = c.req.valid("param");
        const file = await reports.file(id, report, c.req.valid("query"));
        c.header("Content-Type", file.type);
        c.header("Content-Disposition", `attachment; filename="${file.name}"`);
        return c.body(new Uint8Array(file.bytes));
      },
    );
}

function writingRoutes(context: Context) {
  const { reports } = context.services;
  const draft = requirePermission("report.draft");
  const release = requirePermission("report.release");
  return new Hono<Env>()
    .post("/:incident/reports", draft, readInput("param", Incident), readInput("json", Drafting), async (c) =>
      c.json(await reports.draft(c.req.valid("param").incident, c.req.valid("json"), c.get("person"))),
    )
    .post("/:incident/passages", draft, readInput("param", Incident), readInput("json", Writing), async (c) =>
      c.json(await reports.passage(c.req.valid("param").incident, c.req.valid("json"), c.get("person"))),
    )
    .post(
      "/:incident/public",
      release,
      readInput("param", Incident),
      readInput("json", Allowing),
      async (c) =>
        c.json(
          await reports.allowPublic(c.req.valid("param").incident, c.req.valid("json"), c.get("person")),
        ),
    )
    .post("/:incident/scope", draft, readInput("param", Incident), readInput("json", Linking), async (c) => {
      const { scope, reason: why } = c.req.valid("json");
      return c.json(await reports.linkScope(c.req.valid("param").incident, scope, why, c.get("person")));
    })
    .post(
      "/:incident/reports/:report/release",
      release,
      requireConfirmation,
      readInput("param", One),
      readInput("json", Reason),
      async (c) => {
        const { incident: id, report } = c.req.valid("param");
        return c.json(await reports.release(id, report, c.req.valid("json").reason, c.get("person")));
      },
    )
    .post(
      "/:incident/reports/:report/filed",
      release,
      readInput("param", One),
      readInput("json", Filing),
      async (c) => {
        const { incident: id, report } = c.req.valid("param");
        return c.json(await reports.filed(id, report, c.req.valid("json"), c.get("person")));
      },
    );
}
