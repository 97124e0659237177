import type { Said } from "../../gate.ts";
import type { Decisions } from "../../incident/decide.ts";
import type { Incidents } from "../../incident/incidents.ts";
import type { RoomText } from "../../incident/room/items.ts";
import type { Room } from "../../incident/room/room.ts";
import { FACTS } from "../../law/facts.ts";
import type { EvidenceHash } from "../../ledger/entry.ts";
import type { EvidenceStore } from "../../ledger/evidence.ts";
import { timeOfUuidV7 } from "../../lib/identifier.ts";
import type { TimelineLine } from "./roomTypes.ts";

type Sources = {
  incidents: Incidents;
  room: Room;
  decisions: Decisions;
  evidence: EvidenceStore;
  nameOf: (person: string) => Promise<string | null>;
  /** Whether claims for counsel are among the lines. */
  counsel: boolean;
};

/**
 * All that happened in an incident, oldest first, each with two times: when it happened, and when it became
 * known. A line that somebody else wrote says to whom.
 */
export async function timelineOf(incident: string, sources: Sources): Promise<TimelineLine[]> {
  await sources.incidents.get(incident);
  const lines = [
    ...(await findingLines(incident, sources)),
    ...(await claimLines(incident, sources)),
    ...(await decisionLines(incident, sources)),
    ...(await dutyLines(incident, sources)),
    ...(await roomLines(incident, sources)),
  ];
  return lines.toSorted(
    (one, other) =>
      Date.parse(one.happenedAt) - Date.parse(other.happenedAt) ||
      Date.parse(one.knownAt) - Date.parse(other.knownAt),
  );
}

async function findingLines(incident: string, { incidents }: Sources): Promise<TimelineLine[]> {
  return (await incidents.findings(incident)).map(({ entry, at, gate, codes, keys }) => {
    const of = keys.map(({ value }) => value).join(", ");
    const what = {
      ja: `検知（${gate}）：${codes.join("、")}　${of}`,
      en: `${gate}: ${codes.join(", ")}; ${of}`,
    };
    return { entry, kind: "finding", happenedAt: at, knownAt: at, knownTo: null, what, by: null };
  });
}

async function claimLines(
  incident: string,
  { incidents, nameOf, counsel }: Sources,
): Promise<TimelineLine[]> {
  const all = await incidents.facts.claims(incident);
  const claims = all.filter(({ audience }) => counsel || audience !== "counsel");
  return Promise.all(
    claims.map(async ({ id, fact, value, bound, by, at }): Promise<TimelineLine> => {
      const { kind, about } = FACTS[fact];
      const told =
        typeof value === "boolean"
          ? { ja: value ? "はい" : "いいえ", en: value ? "yes" : "no" }
          : both(`${value}`);
      const most = bound === true;
      const happenedAt = kind === "moment" ? momentOf(String(value), at) : at;
      return {
        entry: id,
        kind: "claim",
        happenedAt,
        knownAt: at,
        knownTo: null,
        what: {
          ja: `${about.ja}：${most ? "最大 " : ""}${told.ja}`,
          en: `${about.en}: ${most ? "at most " : ""}${told.en}`,
        },
        by: (await nameOf(by)) ?? by,
      };
    }),
  );
}

/** A day stands for its first moment; what cannot be read, for when it was said. */
function momentOf(value: string, otherwise: string): string {
  const moment = Date.parse(value);
  if (Number.isNaN(moment) || moment > Date.parse(otherwise)) return otherwise;
  return new Date(moment).toISOString();
}

async function decisionLines(incident: string, { decisions, incidents }: Sources): Promise<TimelineLine[]> {
  const lines: TimelineLine[] = [];
  for (const decision of await decisions.of("incident", await incidents.idsOf(incident))) {
    const { question, entries, askedAt, options, outcome, state } = decision;
    const line = { kind: "decision", knownTo: null } as const;
    const asked: Said = { ja: `問い：${question.ja}`, en: `Asked: ${question.en}` };
    lines.push({
      ...line,
      entry: entries[0] as string,
      happenedAt: askedAt,
      knownAt: askedAt,
      what: asked,
      by: null,
    });
    const label = options.find(({ code }) => code === outcome)?.label;
    const last = entries.at(-1);
    if (label === undefined || last === undefined) continue;
    const silent = state === "defaulted";
    const at = timeOfUuidV7(last).toString();
    const what: Said = {
      ja: `${silent ? "回答がなく" : "決定："}${label.ja}${silent ? "に決まった" : ""}`,
      en: `${silent ? "Nobody answered, so: " : "Decided: "}${label.en}`,
    };
    const by = decision.answers.at(-1)?.personName ?? null;
    lines.push({ ...line, entry: last, happenedAt: at, knownAt: at, what, by });
  }
  return lines;
}

async function dutyLines(incident: string, { incidents, nameOf }: Sources): Promise<TimelineLine[]> {
  const clocks = await incidents.facts.clocks(incident);
  const done = new Map(clocks.flatMap((clock) => (clock.done === null ? [] : [[clock.done.entry, clock]])));
  return Promise.all(
    [...done].map(async ([entry, clock]): Promise<TimelineLine> => {
      const { by, at } = clock.done as NonNullable<typeof clock.done>;
      const what = {
        ja: `対応済み：${clock.lawName.ja} ${clock.duty.name.ja}`,
        en: `Done: ${clock.lawName.en}, ${clock.duty.name.en}`,
      };
      const knownAt = timeOfUuidV7(entry).toString();
      return {
        entry,
        kind: "duty",
        happenedAt: at,
        knownAt,
        knownTo: null,
        what,
        by: (await nameOf(by)) ?? by,
      };
    }),
  );
}

async function roomLines(incident: string, { room, evidence, nameOf }: Sources): Promise<TimelineLine[]> {
  const lines: TimelineLine[] = [];
  for (const item of await room.items(incident)) {
    if (item.kind !== "event" && item.kind !== "evidence" && item.kind !== "task") continue;
    const hash = item.textEvidence;
    const kept = hash === null ? null : await evidence.get(hash as EvidenceHash).catch(() => null);
    const text = kept === null ? null : (JSON.parse(kept.toString("utf8")) as object);
    const by = (await nameOf(item.by)) ?? item.by;
    const line = { entry: item.id, kind: item.kind, knownTo: null, by } as const;
    if (item.kind === "event") {
      const { happenedAt, knownAt } = item.data as { happenedAt: string; knownAt: string };
      const said = text as RoomText<"event"> | null;
      lines.push({
        ...line,
        happenedAt,
        knownAt,
        knownTo: said?.knownTo ?? null,
        what: both(said?.what ?? "–"),
      });
    } else if (item.kind === "evidence") {
      const { collectedAt } = item.data as { collectedAt: string };
      const name = (text as RoomText<"evidence"> | null)?.name ?? "–";
      const what = { ja: `証拠を登録：${name}`, en: `Evidence registered: ${name}` };
      lines.push({ ...line, happenedAt: collectedAt, knownAt: item.at, what });
    } else {
      for (const { entry, at, by: person, data } of item.changes) {
        const { state } = data as { state?: string };
        if (state !== "done") continue;
        const title = (text as RoomText<"task"> | null)?.title ?? "–";
        const what = { ja: `作業が完了：${title}`, en: `Task done: ${title}` };
        lines.push({
          ...line,
          entry,
          happenedAt: at,
          knownAt: at,
          what,
          by: (await nameOf(person)) ?? person,
        });
      }
    }
  }
  return lines;
}

function both(text: string): Said {
  return { ja: text, en: text };
}
