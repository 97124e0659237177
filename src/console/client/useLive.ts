import { useEffect, useState } from "react";
import type { LiveEvent } from "../../station/services.ts";
import { api, read } from "./api.ts";

const EVENTS_KEPT = 500;

const readRecent = () => read(api.station.recent.$get({ query: { limit: "60" } }));

function merge(news: LiveEvent[], before: LiveEvent[]): LiveEvent[] {
  const known = new Set(before.map(({ entryId }) => entryId));
  return [...news.filter(({ entryId }) => !known.has(entryId)), ...before].slice(0, EVENTS_KEPT);
}

/** `null` until the first connection, so that a page that is just opening raises no alarm. */
export type Live = { events: LiveEvent[]; connected: boolean | null; clear: () => void };

/** Events of the gates as they happen. The browser connects again by itself when the line breaks. */
export function useLive(): Live {
  const [events, setEvents] = useState<LiveEvent[]>([]);
  const [connected, setConnected] = useState<boolean | null>(null);
  useEffect(() => {
    const source = new EventSource("/api/station/live");
    const add = (news: LiveEvent[]) => setEvents((before) => merge(news, before));
    source.addEventListener("hello", () => {
      setConnected(true);
      // What came before the line stood, or while it was broken, is read now: from here on nothing is missed.
      void readRecent().then(add, () => {});
    });
    source.addEventListener("error", () => setConnected(false));
    source.addEventListener("gate", (message) => add([JSON.parse(message.data as string) as LiveEvent]));
    return () => source.close();
  }, []);
  return { events, connected, clear: () => setEvents([]) };
}
