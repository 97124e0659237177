import { queryOptions } from "@tanstack/react-query";
import type { RoomService } from "../../station/services.ts";
import { api, problemOf, read } from "./api.ts";

export function roomQuery(id: string) {
  return queryOptions({
    queryKey: ["incident", id, "room"],
    queryFn: () => read(api.incidents[":id"].room.$get({ param: { id } })),
    refetchInterval: 10_000,
  });
}

export function timelineQuery(id: string) {
  return queryOptions({
    queryKey: ["incident", id, "timeline"],
    queryFn: () => read(api.incidents[":id"].timeline.$get({ param: { id } })),
    refetchInterval: 10_000,
  });
}

type Kind = Parameters<RoomService["note"]>[1];
export type NotedInput = { data: unknown; text: unknown };

export function noteInRoom(id: string, kind: Kind, json: NotedInput) {
  return read(api.incidents[":id"].room[":kind"].$post({ param: { id, kind }, json }));
}

export type ChangedInput = { data: unknown; reason: string };

export function changeInRoom(
  id: string,
  of: { kind: "task" | "hypothesis"; item: string },
  json: ChangedInput,
) {
  return read(api.incidents[":id"].room[":kind"][":item"].$post({ param: { id, ...of }, json }));
}

export function followPlaybook(id: string, playbook: string) {
  return read(api.incidents[":id"].playbooks[":playbook"].$post({ param: { id, playbook } }));
}

type Question = Parameters<RoomService["ask"]>[1];

export function askInRoom(id: string, json: Question) {
  const options = json.options.map((option) => ({ ...option }));
  const role = json.role as "approver";
  return read(api.incidents[":id"].questions.$post({ param: { id }, json: { ...json, options, role } }));
}

export function takeMatter(matter: string, comment: string) {
  return read(api.incidents.waiting.take.$post({ json: { matter, comment } }));
}

export async function dissent(id: string, reason: string): Promise<void> {
  const response = await api.decisions[":id"].dissent.$post({ param: { id }, json: { reason } });
  if (!response.ok) throw await problemOf(response as unknown as Response);
}

export type EvidenceInput = { name: string; where: string; how: string; by: string; collectedAt: string };

/** Sends the bytes as they are: a form would put them into memory once more. */
export async function keepEvidence(id: string, file: File, query: EvidenceInput): Promise<void> {
  const address = `/api/incidents/${id}/evidence?${new URLSearchParams(query)}`;
  const response = await fetch(address, {
    method: "POST",
    body: file,
    headers: { "Content-Type": "application/octet-stream", "Sekisho-Active": "1" },
    credentials: "same-origin",
  });
  if (!response.ok) throw await problemOf(response);
}
