import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import type { ScopeAnswer, ScopeList, ScopePairView } from "../../station/services.ts";
import { api, read } from "./api.ts";

/** Pairs in one go: many enough for an hour, few enough to be fetched at once. */
export const BATCH_PAIRS = 100;

export const scopeJobsQuery = queryOptions({
  queryKey: ["scope-jobs"],
  queryFn: () => read(api.scope.jobs.$get()),
  refetchInterval: 5_000,
});

export function scopeJobQuery(job: string) {
  return queryOptions({
    queryKey: ["scope-job", job],
    queryFn: () => read(api.scope.jobs[":job"].$get({ param: { job } })),
    refetchInterval: 5_000,
    placeholderData: keepPreviousData,
  });
}

const LISTS: readonly ScopeList[] = ["open", "decided", "all", "precision", "recall"];

/** The list of an address; what waits where it says nothing or something else. */
export function readScopeList(text: string | undefined): ScopeList {
  return LISTS.find((list) => list === text) ?? "open";
}

/** A batch of pairs. It stays as it is while somebody goes through it: nothing moves under her hands. */
export function scopePairsQuery(job: string, list: ScopeList) {
  const limit = list === "open" || list === "decided" || list === "all" ? BATCH_PAIRS : 500;
  return queryOptions({
    queryKey: ["scope-pairs", job, list],
    queryFn: () =>
      read(api.scope.jobs[":job"].pairs.$get({ param: { job }, query: { list, limit: String(limit) } })),
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
  });
}

/** One pair. To ask is an entry in the ledger, so it is asked once. */
export function scopePairQuery(job: string, record: number, customer: string | null) {
  return queryOptions({
    queryKey: ["scope-pair", job, record, customer],
    queryFn: async (): Promise<ScopePairView> => {
      const param = { job, record: String(record) };
      return read(api.scope.jobs[":job"].pairs[":record"].open.$post({ param, json: { customer } }));
    },
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
  });
}

export function scopeEstimatesQuery(job: string) {
  return queryOptions({
    queryKey: ["scope-estimates", job],
    queryFn: () => read(api.scope.jobs[":job"].estimates.$get({ param: { job } })),
  });
}

export function decidePair(job: string, { record, ...json }: ScopeAnswer) {
  const param = { job, record: String(record) };
  return read(api.scope.jobs[":job"].pairs[":record"].decide.$post({ param, json }));
}

export function undoPair(job: string, decision: string | null) {
  return read(api.scope.jobs[":job"].undo.$post({ param: { job }, json: { decision } }));
}

export function applyDecisions(job: string) {
  return read(api.scope.jobs[":job"].apply.$post({ param: { job } }));
}

export function handOverJob(job: string) {
  return read(api.scope.jobs[":job"]["hand-over"].$post({ param: { job } }));
}

export function drawScopeSample(job: string, kind: "precision" | "recall", size: number) {
  return read(api.scope.jobs[":job"].sample.$post({ param: { job }, json: { kind, size, again: false } }));
}
