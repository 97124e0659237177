import type { ParseArgsOptionsConfig } from "node:util";
import { SekishoError } from "../../lib/error.ts";
import type { NoticeSettings } from "../settings.ts";
import { getCampaign, type Campaign, type NoticeRoom } from "../store/campaign.ts";

/** What a command works with, opened by the station's part of the command line. */
export type NoticePlace = {
  room: NoticeRoom;
  settings: NoticeSettings;
  timeZone: string;
  textsFolder: string;
};

/** What was given on the command line: one value a name, or several. */
export type Given = {
  values: Readonly<Record<string, string | boolean | string[] | undefined>>;
  words: readonly string[];
};

export type NoticeVerb = {
  summary: string;
  help: string;
  options: ParseArgsOptionsConfig;
  /** Whether it writes the ledger, and so needs the data folder for itself. */
  writes: boolean;
  run(place: NoticePlace, given: Given): Promise<number>;
};

export function textIn({ values }: Given, name: string): string | undefined {
  const value = values[name];
  return typeof value === "string" ? value : undefined;
}

export function listIn({ values }: Given, name: string): string[] {
  const value = values[name];
  return Array.isArray(value) ? value : [];
}

export const isGiven = ({ values }: Given, name: string): boolean => values[name] === true;

/** A value that must be there; the hint says how to give it. */
export function needText(given: Given, name: string, hint: string): string {
  const value = textIn(given, name)?.trim();
  if (value !== undefined && value !== "") return value;
  throw new SekishoError("usage", `Cannot go on without --${name}`, { hint });
}

export const campaignName = (given: Given): string => textIn(given, "campaign") ?? "main";

export const campaignOf = ({ room }: NoticePlace, given: Given): Promise<Campaign> =>
  getCampaign(room, campaignName(given));

/** Prints JSON where it was asked for, else the text. */
export function print(given: Given, value: unknown, text: () => string): void {
  process.stdout.write(isGiven(given, "json") ? `${JSON.stringify(value)}\n` : text());
}

/** Rows as columns, the first to the left and numbers to the right. */
export function printTable(rows: readonly (readonly (string | number)[])[]): string {
  const widths: number[] = [];
  for (const row of rows)
    for (const [at, cell] of row.entries()) widths[at] = Math.max(widths[at] ?? 0, String(cell).length);
  const pad = (cell: string | number, at: number): string =>
    typeof cell === "number" ? String(cell).padStart(widths[at] ?? 0) : cell.padEnd(widths[at] ?? 0);
  return rows.map((row) => `${row.map(pad).join("  ").trimEnd()}\n`).join("");
}
