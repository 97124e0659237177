import { queryOptions } from "@tanstack/react-query";
import type { NoticeService } from "../../station/services.ts";
import { api, problemOf, read } from "./api.ts";

export const noticesQuery = queryOptions({
  queryKey: ["notices"],
  queryFn: () => read(api.notices.$get()),
  refetchInterval: 10_000,
});

export function noticeQuery(name: string) {
  return queryOptions({
    queryKey: ["notices", name],
    queryFn: () => read(api.notices[":name"].$get({ param: { name } })),
    // While it is sent, a figure that is a second old says enough.
    refetchInterval: ({ state }) => (state.data?.progress == null ? 10_000 : 1_000),
  });
}

export function previewQuery(name: string, group: string) {
  return queryOptions({
    queryKey: ["notices", name, "preview", group],
    queryFn: () => read(api.notices[":name"].preview[":group"].$get({ param: { name, group } })),
  });
}

/** Sends the bytes as they are. */
export async function takeList(name: string, file: File): ReturnType<NoticeService["take"]> {
  const response = await fetch(`/api/notices/${name}/list`, {
    method: "POST",
    body: file,
    headers: { "Content-Type": "application/octet-stream", "Sekisho-Active": "1" },
    credentials: "same-origin",
  });
  if (!response.ok) throw await problemOf(response);
  return (await response.json()) as Awaited<ReturnType<NoticeService["take"]>>;
}

export function saveText(name: string, json: { file: string; text: string }) {
  return read(api.notices[":name"].text.$post({ param: { name }, json }));
}

export function releaseNotices(name: string) {
  return read(api.notices[":name"].release.$post({ param: { name } }));
}

export function startNotices(name: string) {
  return read(api.notices[":name"].start.$post({ param: { name } }));
}

export type NoticeOrder = { act: "pause" | "stop" | "resume"; reason: string };

export function orderNotices(name: string, json: NoticeOrder) {
  return read(api.notices[":name"].order.$post({ param: { name }, json }));
}

export type NoticeDoubt = { rule: "count-as-sent" | "send-again" | "letter"; reason: string };

export function settleDoubt(name: string, json: NoticeDoubt) {
  return read(api.notices[":name"].doubt.$post({ param: { name }, json }));
}
