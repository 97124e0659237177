import { useEffect, useState } from "react";
import type { LiveEvent } from "../../station/services.ts";
import { api, read } from "./api.ts";

const EVENTS_KEPT = 500;

const readRecent = () => read(api.station.recent.$get({ query: { limit: "60" } }));

function merge(news: LiveEvent[], before: LiveEvent[]): LiveEvent[] {
  const known = new Set(before.map(({ entryId }) => entryId));
  return [...news.filter(({ entryId }) => !known.has(entryId)), ...before].slice(0, EVENTS_KEPT);
}

/** Events of the gates as they happen. The browser connects again by itself when the line breaks. */
export function useLive(): { events: LiveEvent[]; connected: boolean; clear: () => void } {
  const [events, setEvents] = useState<LiveEvent[]>([]);
  const [connected, setConnected] = useState(true);
  useEffect(() => {
    const source = new EventSource("/api/station/live");
    const add = (events: LiveEvent[]) => setEvents((before) => merge(events, before));
    let connections = 0;
    source.addEventListener("hello", () => {
      connections += 1;
      // What came while the line was broken is read, so that nothing is missing.
      if (connections > 1) void readRecent().then(add, () => {});
    });
    source.addEventListener("open", () => setConnected(true));
    source.addEventListener("error", () => setConnected(false));
    source.addEventListener("gate", (message) => {
      add([JSON.parse(message.data as string) as LiveEvent]);
    });
    return () => source.close();
  }, []);
  return { events, connected, clear: () => setEvents([]) };
}
