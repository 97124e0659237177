import { useEffect, useState } from "react";
import type { LiveEvent } from "../../station/services.ts";

const EVENTS_KEPT = 500;

/** Events of the gates as they happen. The browser connects again by itself when the line breaks. */
export function useLive(): { events: LiveEvent[]; connected: boolean; clear: () => void } {
  const [events, setEvents] = useState<LiveEvent[]>([]);
  const [connected, setConnected] = useState(true);
  useEffect(() => {
    const source = new EventSource("/api/station/live");
    source.addEventListener("open", () => setConnected(true));
    source.addEventListener("error", () => setConnected(false));
    source.addEventListener("gate", (message) => {
      const event = JSON.parse(message.data as string) as LiveEvent;
      setEvents((before) => [event, ...before].slice(0, EVENTS_KEPT));
    });
    return () => source.close();
  }, []);
  return { events, connected, clear: () => setEvents([]) };
}
