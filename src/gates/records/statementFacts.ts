import type { PersonAt } from "./threadLink.ts";
import type { JudgedStatement } from "./verdict.ts";

/** Small facts of statements and persons, for those who decide and those who write down. */

export function concernsNobody({ class: kind, touches, codes, effect }: JudgedStatement): boolean {
  return kind === "pass" && touches.length === 0 && effect === null && codes[0] === "no-personal-data";
}

export function touchesOf(statement: JudgedStatement): Record<string, string[]> {
  return Object.fromEntries(
    statement.touches.map(({ relation, columns }) => [relation, columns.map(({ name }) => name)]),
  );
}

export function clientOf({ client, application }: PersonAt): string {
  return application === "" ? client : `${application} (${client})`;
}
