import type { Said, Severity } from "../../../gate.ts";
import { findingOf, type Finding } from "../findings.ts";
import { ROLE_NAMES } from "../hosts.ts";
import type { HostRole } from "../settings.ts";

/** A place that hosts of a role met: which of them, where, and when first. */
export type PlaceMet = {
  role: HostRole;
  kind: "country" | "network";
  place: string;
  /** When a host of this role first met it. Seconds. */
  firstAt: number;
  contacts: number;
  /** The first that met it, and its destination. */
  src: string;
  host: string;
  dst: string;
  group: string;
};

const servers: ReadonlySet<HostRole> = new Set([
  "personal-data-server",
  "server",
  "printer",
  "resolver",
  "mail-gate",
]);

/** Servers go to few places, and seldom to new ones. */
export function severityOfPlace(role: HostRole): Severity {
  return servers.has(role) ? "medium" : "low";
}

/**
 * Places that a role met on the last day and never before. A new network in a new country is one matter; a
 * role that was not seen before the last day has no "before".
 */
export function judgePlaces(met: readonly PlaceMet[], span: { from: number; lastDay: number }): Finding[] {
  if (span.lastDay - span.from < 86_400) return [];
  const settled = new Set(met.filter(({ firstAt }) => firstAt < span.lastDay).map(({ role }) => role));
  const fresh = met.filter(({ role, firstAt }) => settled.has(role) && firstAt >= span.lastDay);
  const countries = new Set(
    fresh.filter(({ kind }) => kind === "country").map(({ role, dst }) => `${role} ${dst}`),
  );
  return fresh
    .filter(({ kind, role, dst }) => kind === "country" || !countries.has(`${role} ${dst}`))
    .map((one) => placeFinding(one));
}

/** The finding of one place that is new for a role. */
export function placeFinding(
  met: Omit<PlaceMet, "contacts"> & { contacts?: number; figures?: Finding["figures"] },
): Finding {
  const { role, kind, place, src, dst, group, host, firstAt } = met;
  const figures = {
    ...met.figures,
    place,
    role,
    firstAt: Temporal.Instant.fromEpochMilliseconds(Math.trunc(firstAt * 1_000)).toString(),
    ...(met.contacts === undefined ? {} : { contacts: met.contacts }),
  };
  const said = kind === "country" ? sayCountry(place) : { en: place, ja: place };
  const about = { src, dst, group, figures, severity: severityOfPlace(role) };
  return findingOf("new-place", about, { host, destination: dst, role: ROLE_NAMES[role], place: said });
}

/** A country by its name, where its code is one. */
export function sayCountry(code: string): Said {
  const nameIn = (language: "en" | "ja"): string => {
    try {
      const name = new Intl.DisplayNames(language, { type: "region" }).of(code);
      return name === undefined || name === code ? code : `${name} (${code})`;
    } catch {
      return code;
    }
  };
  return { en: nameIn("en"), ja: nameIn("ja") };
}
