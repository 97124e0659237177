import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import type {
  CutPreview,
  CutRow,
  CutDrill,
  CutWish,
  FindingRow,
  FindingView,
  HostView,
  TrafficOverview,
} from "../../station/services.ts";
import { api, read } from "./api.ts";

export const HOURS = ["24", "72", "168", "744"] as const;
export type Hours = (typeof HOURS)[number];

/** The span of an address; a day where it says nothing or something else. */
export function readHours(text: string | undefined): Hours {
  return HOURS.find((hours) => hours === text) ?? "24";
}

export function overviewQuery(hours: Hours) {
  return queryOptions({
    queryKey: ["traffic", hours],
    queryFn: async (): Promise<TrafficOverview> => read(api.traffic.overview.$get({ query: { hours } })),
    // Each answer reads the record anew, and a busy record is large.
    refetchInterval: 60_000,
    placeholderData: keepPreviousData,
  });
}

export function hostQuery(address: string, hours: Hours) {
  return queryOptions({
    queryKey: ["host", address, hours],
    queryFn: async (): Promise<HostView> =>
      read(api.traffic.hosts[":address"].$get({ param: { address }, query: { hours } })),
    refetchInterval: 60_000,
  });
}

export const FINDINGS_MAX = 500;
export type FindingSearch = Partial<Record<"code" | "severity" | "host" | "hidden" | "text", string>>;
type FindingPage = { rows: FindingRow[]; total: number; hidden: number };

/** Findings, newest first. */
export function findingsQuery(search: FindingSearch) {
  return queryOptions({
    queryKey: ["findings", search],
    queryFn: async (): Promise<FindingPage> =>
      read(api.traffic.findings.$get({ query: { ...search, limit: String(FINDINGS_MAX) } })),
    refetchInterval: 15_000,
    placeholderData: keepPreviousData,
  });
}

/** Everything about one finding. To ask is an entry in the ledger, so it is asked once. */
export function findingQuery(id: string) {
  return queryOptions({
    queryKey: ["finding", id],
    queryFn: async (): Promise<FindingView> =>
      read(api.traffic.findings[":id"].open.$post({ param: { id } })),
    staleTime: Number.POSITIVE_INFINITY,
  });
}

export const cutsQuery = queryOptions({
  queryKey: ["cuts"],
  queryFn: async (): Promise<CutRow[]> => read(api.traffic.cuts.$get({ query: { limit: "500" } })),
  refetchInterval: 3_000,
});

export const cardQuery = queryOptions({
  queryKey: ["card"],
  queryFn: () => read(api.traffic.card.$get()),
});

export const drillsQuery = queryOptions({
  queryKey: ["drills"],
  queryFn: (): Promise<CutDrill[]> => read(api.traffic.drills.$get()),
  refetchInterval: 3_000,
});

/** What an act would stop now. It orders nothing. */
export function previewQuery(wish: Pick<CutWish, "act" | "target">) {
  return queryOptions({
    queryKey: ["preview", wish],
    queryFn: async (): Promise<CutPreview> => read(api.traffic.cuts.preview.$post({ json: wish })),
    staleTime: 30_000,
  });
}

/** Whether an act is in force or on its way. */
export function inForce({ state }: Pick<CutRow, "state">): boolean {
  return state === "asked" || state === "in-place";
}
