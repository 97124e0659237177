import { queryOptions } from "@tanstack/react-query";
import type { ClaimInput } from "../../station/services.ts";
import { api, read } from "./api.ts";

export const incidentsQuery = queryOptions({
  queryKey: ["incidents"],
  queryFn: () => read(api.incidents.$get()),
  refetchInterval: 10_000,
});

export function incidentQuery(id: string) {
  return queryOptions({
    queryKey: ["incident", id],
    queryFn: () => read(api.incidents[":id"].$get({ param: { id } })),
    refetchInterval: 10_000,
  });
}

export function openIncident(title: string) {
  return read(api.incidents.$post({ json: { title } }));
}

export function claimFact(id: string, json: ClaimInput) {
  return read(api.incidents[":id"].claims.$post({ param: { id }, json }));
}

export function pickClaim(id: string, claim: string, reason: string) {
  return read(api.incidents[":id"].claims[":claim"].pick.$post({ param: { id, claim }, json: { reason } }));
}

export function partFinding(id: string, finding: string, reason: string) {
  const param = { id, finding };
  return read(api.incidents[":id"].findings[":finding"].part.$post({ param, json: { reason } }));
}

export type DoneInput = { law: string; duty: string; at: string; reason: string };

export function tellDone(id: string, json: DoneInput) {
  return read(api.incidents[":id"].done.$post({ param: { id }, json }));
}
