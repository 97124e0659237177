import { createHash } from "node:crypto";
import type { Said } from "../../gate.ts";
import type { Asking } from "../../incident/ask/asking.ts";
import type { Decision, Decisions } from "../../incident/decide.ts";
import type { Incidents } from "../../incident/incidents.ts";
import { questionByHand } from "../../incident/questions.ts";
import type { RoomKind, RoomText } from "../../incident/room/items.ts";
import { PLAYBOOKS, playbookOf } from "../../incident/room/playbooks.ts";
import type { Room, RoomItem } from "../../incident/room/room.ts";
import type { TimeStamp } from "../../incident/timeStamp.ts";
import type { EvidenceHash } from "../../ledger/entry.ts";
import type { EvidenceStore } from "../../ledger/evidence.ts";
import { makeUuidV7 } from "../../lib/identifier.ts";
import { timelineOf } from "./incidentTimeline.ts";
import type {
  RoomDecision,
  RoomEvidence,
  RoomService,
  RoomTask,
  RoomView,
  WaitingMatter,
} from "./roomTypes.ts";

export type RoomServiceOptions = {
  incidents: Incidents;
  room: Room;
  asking: Asking;
  decisions: Decisions;
  evidence: EvidenceStore;
  /** The name of a person, by what the ledger calls her. */
  nameOf: (person: string) => Promise<string | null>;
  persons: () => Promise<{ id: string; name: string }[]>;
  /** Null where no authority is configured. */
  stamp: (hash: Buffer) => Promise<TimeStamp | null>;
  now: () => Temporal.Instant;
};

/** What people note in the incident room, as the pages show it. */
export function createRoomService(options: RoomServiceOptions): RoomService {
  const { room, asking, decisions, incidents, evidence, now } = options;
  const views = new RoomViews(options);
  return {
    view: (incident) => views.view(incident),
    timeline: (incident, of) => timelineOf(incident, { ...options, ...of }),
    async note(incident, kind, said, by) {
      await room.note(incident, kind, { ...said, person: by.id });
      return views.view(incident);
    },
    async change(incident, item, { kind, data, reason }, by) {
      await room.change(incident, item, { kind, data: data as never, reason, person: by.id });
      return views.view(incident);
    },
    async follow(incident, playbook, by) {
      await room.follow(incident, playbookOf(playbook).id, by.id);
      return views.view(incident);
    },
    async keep(incident, bytes, { collectedAt, ...text }, by) {
      await incidents.get(incident);
      const sha256 = createHash("sha256").update(bytes).digest();
      const kept = await evidence.put(bytes);
      const data = { sha256: sha256.toString("hex"), bytes: bytes.length, collectedAt, kept: true };
      const id = await room.note(incident, "evidence", { data, text, person: by.id, evidence: [kept] });
      const stamp = await options.stamp(sha256);
      if (stamp !== null) {
        const token = (await evidence.put(stamp.token)) as EvidenceHash;
        await room.stamped(incident, id, { token, at: stamp.at.toString() });
      }
      return views.view(incident);
    },
    async ask(incident, asked, by) {
      await incidents.get(incident);
      const askedAt = now();
      const id = makeUuidV7(askedAt.epochMilliseconds);
      const question = questionByHand(incident, asked, { id, askedAt });
      await decisions.ask({ ...question, about: { ...question.about, person: by.id } });
      return views.view(incident);
    },
    waiting: () => views.waiting(),
    async take(matter, comment, by) {
      await asking.take(matter, { person: by.id, comment });
      return views.waiting();
    },
    dissent: (decision, reason, by) => decisions.dissent(decision, { id: by.id, name: by.name }, reason),
  };
}

class RoomViews {
  readonly #options: RoomServiceOptions;

  constructor(options: RoomServiceOptions) {
    this.#options = options;
  }

  async view(incident: string): Promise<RoomView> {
    const { room, incidents, persons } = this.#options;
    await incidents.get(incident);
    const items = await room.items(incident);
    const [severity] = itemsOf(items, "severity").slice(-1);
    const tasks = itemsOf(items, "task");
    const roles = new Map(itemsOf(items, "role").map((item) => [item.data.role, item]));
    return {
      severity:
        severity === undefined
          ? null
          : {
              ...(await this.#noted(severity)),
              severity: severity.data.severity,
              why: (await this.#text(severity)).why,
            },
      roles: await Promise.all(
        [...roles.values()].map(async (item) => ({
          ...(await this.#noted(item)),
          role: item.data.role,
          person: await this.#nameOf(item.data.person),
          why: (await this.#text(item)).why,
        })),
      ),
      events: await Promise.all(
        itemsOf(items, "event").map(async (item) => {
          const { what, knownTo, source } = await this.#text(item);
          return { ...(await this.#noted(item)), ...item.data, what, knownTo, source: source ?? null };
        }),
      ),
      evidence: await this.#evidence(items),
      tasks: await Promise.all(tasks.map((item) => this.#task(item))),
      hypotheses: await Promise.all(
        itemsOf(items, "hypothesis").map(async (item) => ({
          ...(await this.#noted(item)),
          what: (await this.#text(item)).what,
          state: item.data.state,
          changes: await this.#changes(item),
        })),
      ),
      decisions: await this.#decisions(incident),
      playbooks: PLAYBOOKS.map(({ id, name, steps }) => ({
        id,
        name,
        steps: steps.length,
        followed: tasks.filter(({ data }) => data.playbook === id).length,
      })),
      persons: await persons(),
    };
  }

  async #evidence(items: readonly RoomItem[]): Promise<RoomEvidence[]> {
    const custody = itemsOf(items, "custody");
    return Promise.all(
      itemsOf(items, "evidence").map(async (item) => {
        const { name, where, how, by: collectedBy } = await this.#text(item);
        const hands = custody.filter(({ data }) => data.evidence === item.id);
        return {
          ...(await this.#noted(item)),
          ...item.data,
          name,
          where,
          how,
          collectedBy,
          custody: await Promise.all(
            hands.map(async (hand) => ({
              ...(await this.#noted(hand)),
              ...(await this.#text(hand)),
              handedAt: hand.data.at,
            })),
          ),
          stamps: item.stamps.map(({ at }) => at),
        };
      }),
    );
  }

  async #task(item: RoomItem<"task">): Promise<RoomTask> {
    const { state, role, due, person, playbook, step } = item.data;
    const text = await this.#text(item);
    const known = PLAYBOOKS.find(({ id }) => id === playbook);
    const title = known?.steps.find(({ id }) => id === step)?.title;
    return {
      ...(await this.#noted(item)),
      title: title ?? { ja: text.title, en: text.title },
      note: title === undefined ? (text.note ?? null) : null,
      state,
      role,
      due,
      person: person === null ? null : { id: person, name: await this.#nameOf(person) },
      playbook: known?.name ?? null,
      changes: await this.#changes(item),
    };
  }

  async #changes(item: RoomItem): Promise<RoomTask["changes"]> {
    return Promise.all(
      item.changes.map(async ({ at, by, reasonEvidence }) => ({
        at,
        by: await this.#nameOf(by),
        reason: await this.#kept(reasonEvidence),
      })),
    );
  }

  async #decisions(incident: string): Promise<RoomDecision[]> {
    const { decisions, incidents } = this.#options;
    const found = await decisions.of("incident", await incidents.idsOf(incident));
    return Promise.all(found.map((decision) => this.#decision(decision)));
  }

  async #decision(decision: Decision): Promise<RoomDecision> {
    const { decisions } = this.#options;
    const labelOf = (code: string): Said =>
      decision.options.find((option) => option.code === code)?.label ?? { ja: code, en: code };
    const dissents = await decisions.dissents(decision.id);
    return {
      id: decision.id,
      question: decision.question,
      state: decision.state,
      askedAt: decision.askedAt,
      deadline: decision.deadline,
      outcome: decision.outcome === null ? null : labelOf(decision.outcome),
      onSilence: labelOf(decision.defaultOption),
      ...(await this.#asked(`decision ${decision.id}`)),
      dissents: await Promise.all(
        dissents.map(async ({ person, at, reasonEvidence }) => ({
          by: await this.#nameOf(person),
          at,
          reason: reasonOf(await this.#kept(reasonEvidence)),
        })),
      ),
    };
  }

  async #asked(matter: string): Promise<Pick<RoomDecision, "told" | "taken">> {
    const { told, taken } = await this.#options.asking.asked(matter);
    const [last] = taken.slice(-1);
    if (last === undefined) return { told, taken: null };
    const { person, at, commentEvidence } = last;
    const comment = await this.#kept(commentEvidence);
    return { told, taken: { by: await this.#nameOf(person), at, comment } };
  }

  async waiting(): Promise<WaitingMatter[]> {
    const open = await this.#options.asking.waiting();
    return Promise.all(
      open.map(async ({ id, message }) => ({
        id,
        subject: message.subject,
        lines: [...message.lines],
        path: new URL(message.url, "http://localhost").pathname,
        ...(await this.#asked(id)),
      })),
    );
  }

  async #noted(item: RoomItem): Promise<{ id: string; by: string; at: string }> {
    return { id: item.id, by: await this.#nameOf(item.by), at: item.at };
  }

  /** What a person wrote; empty fields where it was erased. */
  async #text<K extends RoomKind>(item: RoomItem<K>): Promise<RoomText<K>> {
    const kept = await this.#kept(item.textEvidence);
    if (kept !== null) return JSON.parse(kept) as RoomText<K>;
    const erased = { what: "–", knownTo: "–", name: "–", where: "–", how: "–", by: "–" };
    return { ...erased, who: "–", title: "–", why: "–" } as unknown as RoomText<K>;
  }

  async #nameOf(person: string): Promise<string> {
    return (await this.#options.nameOf(person)) ?? person;
  }

  async #kept(hash: string | null): Promise<string | null> {
    if (hash === null || hash === "") return null;
    const object = await this.#options.evidence.get(hash as EvidenceHash).catch(() => null);
    return object === null ? null : object.toString("utf8");
  }
}

function itemsOf<K extends RoomKind>(items: readonly RoomItem[], kind: K): RoomItem<K>[] {
  return items.filter((item): item is RoomItem<K> => item.kind === kind);
}

/** Reasons of decisions are kept as JSON. */
function reasonOf(kept: string | null): string | null {
  if (kept === null || !kept.startsWith("{")) return kept;
  return (JSON.parse(kept) as { reason?: string }).reason ?? null;
}
