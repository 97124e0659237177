import type { z } from "zod";
import type { EntryId, EvidenceHash } from "../../ledger/entry.ts";
import type { Json } from "../../lib/canonicalJson.ts";
import { SekishoError } from "../../lib/error.ts";
import { readIncident } from "../incidentRows.ts";
import type { IncidentWriter, Reasoned } from "../incidentWriter.ts";
import {
  roomChanges,
  roomKinds,
  type ChangingKind,
  type RoomData,
  type RoomKind,
  type RoomText,
} from "./items.ts";
import { playbookOf, type Playbook } from "./playbooks.ts";

export type RoomChange = { entry: string; by: string; at: string; data: Json; reasonEvidence: string | null };
export type RoomItem<K extends RoomKind = RoomKind> = {
  /** The entry that noted it. */
  id: string;
  kind: K;
  by: string;
  at: string;
  /** With its changes. */
  data: RoomData<K>;
  textEvidence: string | null;
  changes: RoomChange[];
  /** RFC 3161: the token's place in the evidence store and the moment that it attests. */
  stamps: { token: string; at: string }[];
};

/**
 * What people write down beside facts: events, evidence and its custody, tasks, hypotheses, roles. Nothing
 * that was noted is taken away; a task or a hypothesis changes with a reason.
 */
export class Room {
  readonly #writer: IncidentWriter;

  constructor(writer: IncidentWriter) {
    this.#writer = writer;
  }

  /** Notes a thing; gives its id. Throws usage where a time or a value makes no sense. */
  async note<K extends RoomKind>(
    incident: string,
    kind: K,
    said: { data: RoomData<K>; text: RoomText<K>; person: string; evidence?: readonly EvidenceHash[] },
  ): Promise<string> {
    await readIncident(this.#writer.db, incident);
    const data = parse(roomKinds[kind].data, said.data, kind) as RoomData<K>;
    const text = parse(roomKinds[kind].text, said.text, kind);
    checkOrder(kind, data);
    if (kind === "custody") await this.#find(incident, (data as RoomData<"custody">).evidence, "evidence");
    const hash = await this.#writer.keep(JSON.stringify(text));
    const rests = kind === "custody" ? [(data as RoomData<"custody">).evidence as EntryId] : [];
    const { id } = await this.#writer.write({
      kind: "observed",
      code: `${kind}-noted`,
      about: { incident, person: said.person },
      rests,
      evidence: [hash, ...(said.evidence ?? [])],
      data: { ...data } as Record<string, Json>,
    });
    return id;
  }

  /** Changes what may change. Throws not-found and usage. */
  async change<K extends ChangingKind>(
    incident: string,
    item: string,
    change: { kind: K; data: z.infer<(typeof roomChanges)[K]> } & Reasoned,
  ): Promise<void> {
    await this.#find(incident, item, change.kind);
    const data = parse(roomChanges[change.kind], change.data, change.kind);
    const reason = await this.#writer.keep(change.reason);
    await this.#writer.write({
      kind: "decided",
      code: `${change.kind}-changed`,
      about: { incident, item, person: change.person },
      rests: [item as EntryId],
      evidence: [reason],
      data: { ...(data as object) } as Record<string, Json>,
    });
  }

  /** A time stamp of an authority over a thing's hash (RFC 3161); `at`: the moment that it attests. */
  async stamped(incident: string, item: string, stamp: { token: EvidenceHash; at: string }): Promise<void> {
    await this.#find(incident, item, "evidence");
    await this.#writer.write({
      kind: "enforced",
      code: "evidence-stamped",
      about: { incident, item },
      rests: [item as EntryId],
      evidence: [stamp.token],
      data: { at: stamp.at, state: "done" },
    });
  }

  /** Puts the steps of a playbook into the incident, those that are not there yet; gives how many. */
  async follow(incident: string, playbook: Playbook["id"], person: string): Promise<number> {
    const { id, steps } = playbookOf(playbook);
    const tasks = (await this.items(incident, "task")).map(({ data }) => data);
    let noted = 0;
    for (const step of steps) {
      if (tasks.some((task) => task.playbook === id && task.step === step.id)) continue;
      await this.note(incident, "task", {
        data: {
          state: "open",
          playbook: id,
          step: step.id,
          role: step.role,
          due: null,
          person: null,
        },
        text: { title: step.title.ja, note: step.title.en },
        person,
      });
      noted += 1;
    }
    return noted;
  }

  /** What was noted, oldest first, with what became of it. */
  async items<K extends RoomKind>(incident: string, kind: K): Promise<RoomItem<K>[]>;
  async items(incident: string): Promise<RoomItem[]>;
  async items(incident: string, kind?: RoomKind): Promise<RoomItem[]> {
    let query = this.#writer.db.selectFrom("room_item").selectAll().where("incident", "=", incident);
    if (kind !== undefined) query = query.where("kind", "=", kind);
    const rows = (await query.orderBy("entry").execute()) as ItemRow[];
    const changes = (await this.#writer.db
      .selectFrom("room_change")
      .selectAll()
      .where("incident", "=", incident)
      .orderBy("entry")
      .execute()) as ChangeRow[];
    const byItem = Map.groupBy(changes, ({ item }) => item);
    return rows.map((row) => itemOf(row, byItem.get(row.entry) ?? []));
  }

  async #find(incident: string, item: string, kind: RoomKind): Promise<void> {
    const row = await this.#writer.db
      .selectFrom("room_item")
      .select("entry")
      .where("incident", "=", incident)
      .where("entry", "=", item)
      .where("kind", "=", kind)
      .executeTakeFirst();
    if (row !== undefined) return;
    throw new SekishoError("not-found", `Cannot find the ${kind} ${item} in this incident`, {
      hint: "reload the page",
    });
  }
}

function parse(schema: z.ZodType, value: unknown, kind: RoomKind): unknown {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new SekishoError("usage", `Cannot note the ${kind}: ${issue?.path.join(".")}: ${issue?.message}`, {
    hint: "mend that field",
  });
}

/** Nothing becomes known before it has happened. */
function checkOrder(kind: RoomKind, data: object): void {
  if (kind !== "event") return;
  const { happenedAt, knownAt } = data as RoomData<"event">;
  if (Date.parse(knownAt) >= Date.parse(happenedAt)) return;
  throw new SekishoError("usage", "Cannot note an event that was known before it happened", {
    hint: "look at the two times again",
  });
}

type ItemRow = {
  entry: string;
  kind: RoomKind;
  said_by: string;
  at: Date;
  data: string;
  text_evidence: string | null;
};
type ChangeRow = {
  entry: string;
  item: string;
  code: string;
  said_by: string;
  at: Date;
  data: string;
  evidence: string | null;
};

function itemOf(row: ItemRow, changes: readonly ChangeRow[]): RoomItem {
  const data = JSON.parse(row.data) as RoomData<RoomKind>;
  const item: RoomItem = {
    id: row.entry,
    kind: row.kind,
    by: row.said_by,
    at: row.at.toISOString(),
    data,
    textEvidence: row.text_evidence,
    changes: [],
    stamps: [],
  };
  for (const change of changes) {
    const changed = JSON.parse(change.data) as Record<string, Json>;
    if (change.code === "evidence-stamped") {
      item.stamps.push({ token: change.evidence ?? "", at: String(changed["at"]) });
      continue;
    }
    Object.assign(data, changed);
    const { entry, said_by: by, at, evidence: reasonEvidence } = change;
    item.changes.push({ entry, by, at: at.toISOString(), data: changed, reasonEvidence });
  }
  return item;
}
