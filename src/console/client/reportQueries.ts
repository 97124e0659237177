import { queryOptions } from "@tanstack/react-query";
import type { ReportService } from "../../station/services.ts";
import { api, read } from "./api.ts";

type Drafting = Parameters<ReportService["draft"]>[1];
export type ReportKind = Drafting["kind"];
/** Which report is looked at, as the address says it; assumptions as JSON. */
export type Wanted = {
  kind: ReportKind;
  law?: string;
  duty?: string;
  partner?: string;
  assumptions?: string;
};

/** What depends on the record of an incident and is renewed together. */
const all = (incident: string) => ["incident", incident, "reports"] as const;

export function reportsQuery(incident: string) {
  return queryOptions({
    queryKey: [...all(incident), "list"],
    queryFn: () => read(api.reports[":incident"].$get({ param: { incident } })),
    refetchInterval: 30_000,
  });
}

const reportOf = ({ kind, law = "", duty = "", partner = "" }: Wanted): string =>
  [kind, law, duty, partner].join(" ");

/** As it would be now. Made of the whole record, so it is read again when somebody asks, not by the clock. */
export function previewQuery(incident: string, wanted: Wanted) {
  return queryOptions({
    queryKey: [...all(incident), "preview", wanted, reportOf(wanted)] as const,
    queryFn: () => read(api.reports[":incident"].preview.$get({ param: { incident }, query: wanted })),
    staleTime: 20_000,
    // While a figure of the estimate is made anew the former one stays; another report is another page.
    placeholderData: (before, query) => (query?.queryKey[5] === reportOf(wanted) ? before : undefined),
  });
}

export function checkQuery(incident: string, wanted: Wanted) {
  return queryOptions({
    queryKey: [...all(incident), "check", wanted],
    queryFn: () => read(api.reports[":incident"].check.$get({ param: { incident }, query: wanted })),
    enabled: wanted.kind === "public" || wanted.kind === "press",
    staleTime: 20_000,
  });
}

export function reportQuery(incident: string, report: string) {
  return queryOptions({
    queryKey: [...all(incident), "drafted", report],
    queryFn: () => read(api.reports[":incident"].reports[":report"].$get({ param: { incident, report } })),
    // A draft never changes.
    staleTime: Infinity,
  });
}

export function reportCheckQuery(incident: string, report: string) {
  return queryOptions({
    queryKey: [...all(incident), "drafted-check", report],
    queryFn: () =>
      read(api.reports[":incident"].reports[":report"].check.$get({ param: { incident, report } })),
  });
}

export function diffQuery(incident: string, from: string, to: string) {
  return queryOptions({
    queryKey: [...all(incident), "diff", from, to],
    queryFn: () => read(api.reports[":incident"].diff.$get({ param: { incident }, query: { from, to } })),
    staleTime: Infinity,
  });
}

/** Results of the scope that were handed over, the latest first. */
export const handedOverQuery = queryOptions({
  queryKey: ["ledger", "scope-handed-over"],
  queryFn: () => read(api.ledger.$get({ query: { code: "scope-handed-over", limit: "50" } })),
});

export function draftReport(incident: string, json: Drafting) {
  return read(api.reports[":incident"].reports.$post({ param: { incident }, json }));
}

export function releaseReport(incident: string, report: string, reason: string) {
  const param = { incident, report };
  return read(api.reports[":incident"].reports[":report"].release.$post({ param, json: { reason } }));
}

export function fileReport(incident: string, report: string, json: { receipt: string; at: string }) {
  return read(api.reports[":incident"].reports[":report"].filed.$post({ param: { incident, report }, json }));
}

export function writePassage(incident: string, json: Parameters<ReportService["passage"]>[1]) {
  return read(api.reports[":incident"].passages.$post({ param: { incident }, json }));
}

export function allowPublic(incident: string, json: { entry: string; allowed: boolean; reason: string }) {
  return read(api.reports[":incident"].public.$post({ param: { incident }, json }));
}

export function linkScope(incident: string, json: { scope: string; reason: string }) {
  return read(api.reports[":incident"].scope.$post({ param: { incident }, json }));
}
