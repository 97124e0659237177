import { Hono } from "hono";
import { z } from "zod";
import { DOUBT_RULES } from "../../notice/doubt.ts";
import { limits } from "../service/noticeService.ts";
import type { Context, Env } from "./context.ts";
import { readBody } from "./readBody.ts";
import { readInput } from "./readInput.ts";
import { requireConfirmation, requirePermission } from "./requirePerson.ts";

const name = z.string().regex(/^[a-z0-9][a-z0-9-]{0,39}$/);
const Name = z.object({ name });
const Preview = z.object({ name, group: z.string().max(64) });
const Text = z.strictObject({ file: z.string().max(64), text: z.string().max(64 * 1024) });
const reason = z.string().trim().min(3).max(4_000);
const Order = z.strictObject({ act: z.enum(["pause", "stop", "resume"]), reason });
const Doubt = z.strictObject({ rule: z.enum(DOUBT_RULES), reason });

/** Campaigns of notices: their lists, texts, release by two, and how the sending goes. */
export function noticeRoutes(context: Context) {
  const { notices } = context.services;
  const view = requirePermission("notice.view");
  const prepare = requirePermission("notice.prepare");
  const release = requirePermission("notice.release");
  return new Hono<Env>()
    .get("/", view, async (c) => c.json({ ready: notices.ready, campaigns: await notices.list() }))
    .get("/:name", view, readInput("param", Name), async (c) =>
      c.json(await notices.get(c.req.valid("param").name)),
    )
    .get("/:name/preview/:group", view, readInput("param", Preview), async (c) => {
      const { name: campaign, group } = c.req.valid("param");
      return c.json(await notices.preview(campaign, group));
    })
    .post("/:name/list", prepare, readInput("param", Name), async (c) => {
      const bytes = await readBody(c.req.raw.body, limits.listBytesMax);
      return c.json(await notices.take(c.req.valid("param").name, bytes, c.get("person")));
    })
    .post("/:name/text", prepare, readInput("param", Name), readInput("json", Text), async (c) => {
      const { file, text } = c.req.valid("json");
      return c.json(await notices.saveText(c.req.valid("param").name, file, text));
    })
    .post("/:name/release", release, requireConfirmation, readInput("param", Name), async (c) =>
      c.json(await notices.release(c.req.valid("param").name, c.get("person"))),
    )
    .post("/:name/start", release, readInput("param", Name), async (c) =>
      c.json(await notices.start(c.req.valid("param").name, c.get("person"))),
    )
    .post("/:name/order", prepare, readInput("param", Name), readInput("json", Order), async (c) => {
      const { act, reason: why } = c.req.valid("json");
      return c.json(await notices.order(c.req.valid("param").name, act, why, c.get("person")));
    })
    .post("/:name/doubt", release, readInput("param", Name), readInput("json", Doubt), async (c) => {
      const { rule, reason: why } = c.req.valid("json");
      return c.json(await notices.settleDoubt(c.req.valid("param").name, rule, why, c.get("person")));
    });
}
