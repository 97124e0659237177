import type { Decision, Option, Question } from "../incident/decide.ts";
import type { Order } from "../gateLink.ts";
import type { EntryId } from "../ledger/entry.ts";
import type { OutboundSettings } from "../gates/outbound/settings.ts";
import type { Said } from "../gate.ts";

/** The questions about cutting traffic, and the orders that their answers become. */

const undo: Said = {
  en: "It can be lifted at once, and ends by itself if nobody renews it.",
  ja: "直ちに解除できます。延長しなければ自動的に終わります。",
};

const choices: Record<string, Omit<Option, "code">> = {
  "cut-off": {
    label: { en: "Cut everything off", ja: "全面遮断する" },
    consequence: {
      en: "Nothing passes but what is on the written list of what goes on.",
      ja: "あらかじめ決めた継続対象を除き、すべての通信が止まります。",
    },
    undo,
  },
  isolate: {
    label: { en: "Isolate the host", ja: "このホストを隔離する" },
    consequence: {
      en: "The host reaches nobody and nobody reaches it, but for the administrators.",
      ja: "管理者の経路を除き、このホストは誰とも通信できなくなります。",
    },
    undo,
  },
  block: {
    label: { en: "Block the destination", ja: "この宛先を遮断する" },
    consequence: {
      en: "Nobody of ours reaches this destination. What is infected may know others.",
      ja: "組織内の誰もこの宛先に通信できなくなります。感染した端末は別の宛先を使うかもしれません。",
    },
    undo,
  },
  "cut-zone": {
    label: { en: "Cut the zone off", ja: "この区画を遮断する" },
    consequence: { en: "Nothing leaves or enters the zone.", ja: "この区画との通信がすべて止まります。" },
    undo,
  },
  lift: {
    label: { en: "Lift it", ja: "解除する" },
    consequence: { en: "The traffic passes again.", ja: "通信が再び通るようになります。" },
    undo: { en: "It can be ordered anew.", ja: "もう一度命じることができます。" },
  },
  renew: {
    label: { en: "Renew it", ja: "延長する" },
    consequence: { en: "It goes on until the new end.", ja: "新しい期限まで続きます。" },
    undo,
  },
  rehearse: {
    label: { en: "Cut everything off (drill)", ja: "全面遮断する（訓練）" },
    consequence: {
      en: "Nothing is stopped: the enforcer says how long it would have taken.",
      ja: "実際には何も止めません。遮断に要する時間を測ります。",
    },
    undo: { en: "There is nothing to undo.", ja: "元に戻すものはありません。" },
  },
  wait: {
    label: { en: "Wait", ja: "様子を見る" },
    consequence: {
      en: "Nothing is stopped; what goes on is recorded.",
      ja: "何も止めません。記録は続きます。",
    },
    undo: { en: "It can be cut at any time.", ja: "いつでも遮断できます。" },
  },
};

function optionsOf(codes: readonly string[]): Option[] {
  return codes.map((code) => ({ code, ...(choices[code] as Omit<Option, "code">) }));
}

/** A standing order says "ask": the deciders of the cut-off are asked, and silence falls to the default. */
export function cutQuestion(
  asked: { finding: string; entry: EntryId; about: Record<string, string>; at: Temporal.Instant },
  settings: OutboundSettings,
): Question {
  const { deciders, deadlineMinutes, default: byDefault } = settings.cutOff;
  const host = asked.about["host"] ?? "?";
  const destination = asked.about["destination"] ?? "?";
  const options = ["cut-off", "isolate", ...(asked.about["addresses"] === "" ? [] : ["block"]), "wait"];
  return {
    code: "cut",
    subject: `cut ${asked.finding}`,
    about: asked.about,
    question: {
      en: `${host} talks to ${destination} and should not. Shall it be cut off?`,
      ja: `${host}が、通信してはならない${destination}に通信しています。遮断しますか。`,
    },
    options: optionsOf(options),
    owner: { role: "approver", person: deciders[0] ?? null },
    secondPerson: false,
    deadline: asked.at.add({ seconds: Math.round(deadlineMinutes * 60) }),
    defaultOption: byDefault,
    restsOn: [asked.entry],
  };
}

/** What a person orders by herself: asked and answered in one. `id` makes the question one of its own. */
export function ownCutQuestion(wish: {
  id: string;
  act: string;
  about: Record<string, string>;
  at: Temporal.Instant;
  restsOn: readonly EntryId[];
}): Question {
  const target = wish.about["target"] ?? wish.about["cut"] ?? "";
  return {
    code: "cut",
    subject: `cut ${wish.id}`,
    about: { gate: "outbound", ...wish.about },
    question: {
      en: `Order: ${choices[wish.act]?.label.en ?? wish.act} ${target}`.trim(),
      ja: `命令: ${choices[wish.act]?.label.ja ?? wish.act} ${target}`.trim(),
    },
    options: optionsOf([wish.act, "wait"]),
    owner: { role: "approver", person: null },
    secondPerson: false,
    deadline: wish.at.add({ minutes: 5 }),
    defaultOption: "wait",
    restsOn: [...wish.restsOn],
  };
}

/**
 * An exercise: the same people, the same deadline and the same default as in earnest, and an act that only
 * measures itself.
 */
export function drillQuestion(
  drill: { id: string; at: Temporal.Instant; restsOn: EntryId },
  settings: OutboundSettings,
): Question {
  const { deciders, deadlineMinutes, default: byDefault } = settings.cutOff;
  return {
    code: "cut-drill",
    subject: `cut-drill ${drill.id}`,
    about: { gate: "outbound", drill: drill.id },
    question: {
      en: "DRILL: servers talk outwards and should not. Shall everything be cut off?",
      ja: "【訓練】サーバーが外部に通信しています。全面遮断しますか。",
    },
    options: optionsOf(["rehearse", "wait"]),
    owner: { role: "approver", person: deciders[0] ?? null },
    secondPerson: false,
    deadline: drill.at.add({ seconds: Math.round(deadlineMinutes * 60) }),
    defaultOption: byDefault === "cut-off" ? "rehearse" : "wait",
    restsOn: [drill.restsOn],
  };
}

/** The order to the gate that a settled decision amounts to; null where nothing is to be done. */
export function orderOfCut(decision: Decision): Order | null {
  const { code, outcome } = decision;
  if ((code !== "cut" && code !== "cut-drill") || outcome === null || outcome === "wait") return null;
  const act = outcome === "rehearse" ? "cut-off" : (outcome as Order["act"]);
  return {
    order: decision.id,
    gate: "outbound",
    act,
    about: decision.about,
    evidence: [],
    restsOn: decision.entries.at(-1) as EntryId,
  };
}
