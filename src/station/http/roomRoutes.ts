import { Hono } from "hono";
import { z } from "zod";
import {
  ROOM_KINDS,
  roomChanges,
  roomKinds,
  type RoomData,
  type RoomText,
} from "../../incident/room/items.ts";
import { limits as questionLimits } from "../../incident/questions.ts";
import { ROLES } from "../services.ts";
import type { Context, Env } from "./context.ts";
import { refusal } from "./problem.ts";
import { mayDo } from "./permissions.ts";
import { readBody } from "./readBody.ts";
import { readInput } from "./readInput.ts";
import { requirePermission } from "./requirePerson.ts";

export const limits = { evidenceBytesMax: 64 * 1024 ** 2 } as const;

const id = z.uuid();
const Id = z.object({ id });
const Kind = z.object({ id, kind: z.enum(ROOM_KINDS) });
const Item = z.object({ id, kind: z.enum(["task", "hypothesis"]), item: z.uuid() });
const Playbook = z.object({ id, playbook: z.string().max(64) });
const Noted = z.strictObject({ data: z.unknown(), text: z.unknown() });
const reason = z.string().trim().min(3).max(4_000);
const Changed = z.strictObject({ data: z.unknown(), reason });
const File = z.strictObject({
  name: z.string().max(400),
  where: z.string().max(400),
  how: z.string().max(4_000),
  by: z.string().max(400),
  collectedAt: z.iso.datetime({ offset: true }),
});
const said = z.strictObject({ ja: z.string().trim().min(1).max(500), en: z.string().trim().min(1).max(500) });
const Question = z.strictObject({
  question: said,
  options: z
    .array(z.strictObject({ label: said, consequence: said }))
    .min(2)
    .max(questionLimits.optionsMax),
  role: z.enum(ROLES),
  hours: z.number().min(0.01).max(questionLimits.hoursMax),
  onSilence: z.int().min(0),
  secondPerson: z.boolean().default(false),
});
const Take = z.strictObject({ matter: z.string().min(1).max(128), comment: reason });

function parse<T>(schema: z.ZodType<T>, value: unknown): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw refusal(
    400,
    "input-invalid",
    `Cannot read ${issue?.path.join(".") || "it"}: ${issue?.message ?? ""}`,
  );
}

/** What people note in the incident room, who was asked, and who took it on. */
export function roomRoutes(context: Context) {
  const { room } = context.services;
  const view = requirePermission("incident.view");
  const change = requirePermission("incident.change");
  return new Hono<Env>()
    .get("/waiting", view, async (c) => c.json(await room.waiting()))
    .post("/waiting/take", change, readInput("json", Take), async (c) => {
      const { matter, comment } = c.req.valid("json");
      return c.json(await room.take(matter, comment, c.get("person")));
    })
    .get("/:id/room", view, readInput("param", Id), async (c) =>
      c.json(await room.view(c.req.valid("param").id)),
    )
    .get("/:id/timeline", view, readInput("param", Id), async (c) => {
      const counsel = mayDo(c.get("person").roles, "incident.settle");
      return c.json(await room.timeline(c.req.valid("param").id, { counsel }));
    })
    .post("/:id/room/:kind", change, readInput("param", Kind), readInput("json", Noted), async (c) => {
      const { id: incident, kind } = c.req.valid("param");
      const { data, text } = c.req.valid("json");
      const noted = {
        data: parse(roomKinds[kind].data as z.ZodType<RoomData<typeof kind>>, data),
        text: parse(roomKinds[kind].text as z.ZodType<RoomText<typeof kind>>, text),
      };
      return c.json(await room.note(incident, kind, noted, c.get("person")));
    })
    .post(
      "/:id/room/:kind/:item",
      change,
      readInput("param", Item),
      readInput("json", Changed),
      async (c) => {
        const { id: incident, kind, item } = c.req.valid("param");
        const { data, reason: why } = c.req.valid("json");
        const changed = parse(roomChanges[kind] as z.ZodType<Record<string, unknown>>, data);
        return c.json(
          await room.change(incident, item, { kind, data: changed, reason: why }, c.get("person")),
        );
      },
    )
    .post("/:id/playbooks/:playbook", change, readInput("param", Playbook), async (c) => {
      const { id: incident, playbook } = c.req.valid("param");
      return c.json(await room.follow(incident, playbook, c.get("person")));
    })
    .post("/:id/evidence", change, readInput("param", Id), readInput("query", File), async (c) => {
      const bytes = await readBody(c.req.raw.body, limits.evidenceBytesMax);
      return c.json(await room.keep(c.req.valid("param").id, bytes, c.req.valid("query"), c.get("person")));
    })
    .post("/:id/questions", change, readInput("param", Id), readInput("json", Question), async (c) => {
      const asked = c.req.valid("json");
      if (asked.onSilence >= asked.options.length)
        throw refusal(400, "input-invalid", "Cannot read onSilence: there is no such option");
      return c.json(await room.ask(c.req.valid("param").id, asked, c.get("person")));
    });
}
