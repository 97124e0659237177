import type { Said } from "../../gate.ts";
import type { OutboundSettings } from "./settings.ts";

/** One page that can be printed and hung up: who may cut, in which order, and what it does. */
export type CutCard = {
  organisation: string;
  deciders: { name: string; email: string; phone: string | null }[];
  deadlineMinutes: number;
  default: "cut-off" | "wait";
  stops: Said[];
  continues: Said[];
  goesOn: string[];
  administrators: string[];
  zones: { name: string; networks: string[] }[];
  costPerHour: { amount: number; currency: string } | null;
  minutes: number;
  /** False where no `cut` section is configured: then nothing can be cut, and the card says so. */
  canCut: boolean;
  settings: string;
};

/** What the card needs of the configuration; `settings` names its file. */
export type CardSource = {
  organisation: string;
  roster: readonly { name: string; email: string; phone?: string | undefined }[];
  outbound: OutboundSettings | undefined;
  settings: string;
};

/** The card, from the configuration alone. */
export function cutCardOf({ organisation, roster, outbound, settings }: CardSource): CutCard {
  const people = new Map(roster.map((person) => [person.email, person]));
  const cutOff = outbound?.cutOff;
  return {
    organisation,
    deciders: (cutOff?.deciders ?? []).map((email) => ({
      name: people.get(email)?.name ?? email,
      email,
      phone: people.get(email)?.phone ?? null,
    })),
    deadlineMinutes: cutOff?.deadlineMinutes ?? 0,
    default: cutOff?.default ?? "wait",
    stops: cutOff?.stops ?? [],
    continues: cutOff?.continues ?? [],
    goesOn: (outbound?.cut?.goesOn ?? []).map(({ name }) => name),
    administrators: (outbound?.cut?.administrators ?? []).map(({ name }) => name),
    zones: (outbound?.cut?.zones ?? []).map(({ name, networks }) => ({ name, networks: [...networks] })),
    costPerHour: cutOff?.costPerHour ?? null,
    minutes: outbound?.cut?.minutes ?? 0,
    canCut: outbound?.cut !== undefined,
    settings,
  };
}
