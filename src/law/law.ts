import type { FactName, Words } from "./facts.ts";
import type { Trigger } from "./trigger.ts";

/** Days on which an authority is closed, by name; see `openDays.ts`. */
export type HolidaySet = "none" | "weekends" | "japan-government" | "japan-business";

/**
 * How long a duty leaves. Hours run from the moment itself. Days end with the last moment of the last day in
 * the law's time zone; `dayOne`: whether the day of the event is day 1, or the day after it. Without a length
 * the duty is "without delay": there is something to do, and no day on which it is too late.
 */
export type Length =
  | { unit: "hours"; count: number }
  | {
      unit: "days";
      count: number;
      dayOne: "same-day" | "next-day";
      /** Only these days count. */
      counted: HolidaySet;
      /** The end moves on over these days. */
      movesOver: HolidaySet;
    }
  /** The moment itself is the deadline: an authority has named it. */
  | { unit: "moment" }
  | { unit: "without-delay" };

export type Duty = {
  /** Within the law: "preliminary", "final". */
  id: string;
  name: Words;
  /** Who must be told. */
  to: "authority" | "persons" | "principal" | "partner" | "public";
  recipient: Words;
  when: Trigger;
  /** Which fact starts the clock. */
  from: FactName;
  length: Length;
  /** Whether the length is the law's own, or of a guideline that a court may read otherwise. */
  binding: "statute" | "guidance" | "contract" | "order";
  /** Codes of the law's items that must be told. */
  items: readonly string[];
  exceptions: readonly { name: Words; when?: Trigger; source: string }[];
  source: string;
};

/** What may be asked in a report or in a notice. */
export type Item = { code: string; name: Words };

/** A law, a guideline, or a contract as data. Another one is another file like these. */
export type Law = {
  id: string;
  /** Of the text: whoever changes anything gives it another one. */
  version: string;
  name: Words;
  /** IANA time zone in which days are counted. */
  timeZone: string;
  /** When we last held it against its source, and what that was. */
  checkedOn: string;
  sources: readonly { title: string; read: "text" | "secondary" }[];
  items: readonly Item[];
  duties: readonly Duty[];
};
