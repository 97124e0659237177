import type { Judgement } from "../../gate.ts";
import { canaryReasons } from "./judge/canaryReasons.ts";
import { contentReasons } from "./judge/contentReasons.ts";
import { identityReasons } from "./judge/identityReasons.ts";
import { nameReasons } from "./judge/nameReasons.ts";
import { structureReasons } from "./judge/structureReasons.ts";
import { walkFiles } from "./judge/walkFiles.ts";
import type { MailPolicy, StandingOrder } from "./policy.ts";
import { reasonFor, type JudgedReason, type MailReason } from "./reasons.ts";
import type { SeenMail } from "./seen.ts";

export type MailAct =
  | { do: "pass" }
  | { do: "hold"; secondPerson: boolean }
  | { do: "refuse"; reply: string }
  | { do: "strip"; paths: string[] };

export type MailJudgementReason = JudgedReason;

export type MailJudgement = Omit<Judgement<MailAct, MailReason>, "reasons"> & {
  reasons: MailJudgementReason[];
};

const severityRank = { critical: 0, high: 1, medium: 2, low: 3, info: 4 } as const;
const reasonsPerCodeMax = 5;

/** Judges a message: all reasons that what was seen gives, and the first standing order that they match. */
export function judgeMail(seen: SeenMail, policy: MailPolicy): MailJudgement {
  const files = walkFiles(seen.reading.parts);
  const reasons = [
    ...canaryReasons(seen),
    ...contentReasons(files, seen, policy),
    ...nameReasons(files),
    ...identityReasons(seen, policy),
    ...structureReasons(seen),
  ];
  return applyOrders(fewOfEach(reasons), policy);
}

/**
 * What the organisation sends itself is recorded for later bounces; only canaries are looked for, and it
 * goes: whoever sends them out is told of at once.
 */
export function judgeOutgoing(seen: Pick<SeenMail, "canaries">): MailJudgement {
  return { act: { do: "pass" }, reasons: canaryReasons(seen), order: "outgoing" };
}

/**
 * The judgement of a message that could not be read: a standing order may ask for it, else `onFailure`
 * does.
 */
export function judgeUnread(policy: MailPolicy, problem = "the reader failed"): MailJudgement {
  const reasons = [reasonFor("reading-failed", null, { problem })];
  const order = policy.orders.find((candidate) => matches(candidate, new Set(["reading-failed"])));
  if (order !== undefined && policy.onFailure === "hold")
    return { act: actOf(order, { policy, reasons }), reasons, order: order.name };
  const act: MailAct = policy.onFailure === "hold" ? { do: "hold", secondPerson: false } : { do: "pass" };
  return { act, reasons, order: null };
}

/** The most severe first; a thousand files of one kind are not a thousand reasons. */
function fewOfEach(reasons: MailJudgementReason[]): MailJudgementReason[] {
  const counts = new Map<string, number>();
  return reasons
    .filter(({ code }) => {
      const count = (counts.get(code) ?? 0) + 1;
      counts.set(code, count);
      return count <= reasonsPerCodeMax;
    })
    .sort((left, right) => severityRank[left.severity] - severityRank[right.severity]);
}

function applyOrders(reasons: MailJudgementReason[], policy: MailPolicy): MailJudgement {
  const codes = new Set<string>(reasons.map((reason) => reason.code));
  for (const order of policy.orders) {
    if (matches(order, codes)) return { act: actOf(order, { policy, reasons }), reasons, order: order.name };
  }
  return { act: { do: "pass" }, reasons, order: null };
}

/** An order without any condition matches nothing: one that holds every message would be a slip. */
function matches(order: StandingOrder, codes: ReadonlySet<string>): boolean {
  if (order.anyOf.length === 0 && order.allOf.length === 0) return false;
  return (
    (order.anyOf.length === 0 || order.anyOf.some((code) => codes.has(code))) &&
    order.allOf.every((code) => codes.has(code)) &&
    !order.noneOf.some((code) => codes.has(code))
  );
}

function actOf(
  order: StandingOrder,
  context: { policy: MailPolicy; reasons: MailJudgementReason[] },
): MailAct {
  switch (order.do) {
    case "pass":
      return { do: "pass" };
    case "hold":
      return { do: "hold", secondPerson: order.secondPerson };
    case "refuse":
      return { do: "refuse", reply: context.policy.refusal };
    case "strip": {
      const named = new Set<string>([...order.anyOf, ...order.allOf]);
      const paths = context.reasons.flatMap(({ code, part }) =>
        part !== null && named.has(code) ? [topPart(part)] : [],
      );
      // A reason without a part leaves nothing to take out, and letting it through is not what was ordered.
      if (paths.length === 0) return { do: "hold", secondPerson: order.secondPerson };
      return { do: "strip", paths: [...new Set(paths)] };
    }
  }
}

/** What is inside an archive goes together with the part that carries it. */
function topPart(path: string): string {
  const slash = path.indexOf("/");
  return slash === -1 ? path : path.slice(0, slash);
}
