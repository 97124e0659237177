import { Hono } from "hono";
import { streamSSE } from "hono/streaming";
import { z } from "zod";
import type { LiveEvent } from "../services.ts";
import type { Context, Env } from "./context.ts";
import { readInput } from "./readInput.ts";
import { requirePermission, stillSignedIn } from "./requirePerson.ts";

const liveLimits = { heartbeatMs: 15_000, queueMax: 500, streamsByPersonMax: 12 } as const;

/** The state of the station, and what passes its gates now. */
export function stationRoutes(context: Context) {
  const { station, live } = context.services;
  const limit = z.object({ limit: z.coerce.number().int().min(1).max(500).default(100) });
  const minutes = z.object({ minutes: z.coerce.number().int().min(5).max(1440).default(60) });
  const streams = new Map<string, number>();
  return new Hono<Env>()
    .use(requirePermission("gates.view"))
    .get("/status", async (c) => c.json(await station.status()))
    .get("/recent", readInput("query", limit), async (c) =>
      c.json(await live.recent(c.req.valid("query").limit)),
    )
    .get("/rates", readInput("query", minutes), async (c) =>
      c.json(await live.rates(c.req.valid("query").minutes)),
    )
    .get("/reasons", async (c) => c.json(await live.byReason()))
    .get("/live", (c) => {
      const { id } = c.get("person");
      const open = streams.get(id) ?? 0;
      if (open >= liveLimits.streamsByPersonMax) return c.text("too many streams", 429);
      streams.set(id, open + 1);
      return streamSSE(c, async (stream) => {
        const queue = new Queue();
        const stop = live.subscribe((event) => queue.push(event));
        stream.onAbort(() => {
          stop();
          queue.close();
          streams.set(id, Math.max(0, (streams.get(id) ?? 1) - 1));
        });
        await stream.writeSSE({ event: "hello", data: "" });
        while (!stream.aborted) {
          const events = await queue.take(liveLimits.heartbeatMs);
          for (const event of events) {
            await stream.writeSSE({ event: "gate", id: String(event.index), data: JSON.stringify(event) });
          }
          if (events.length > 0) continue;
          await stream.writeSSE({ event: "beat", data: "" });
          // The stream lasts no longer than the session that opened it.
          if (!(await stillSignedIn(context, c.req.raw.headers))) break;
        }
        stop();
      });
    });
}

/** Events that wait for a slow reader. The oldest go first: the page reloads the list when it is behind. */
class Queue {
  readonly #events: LiveEvent[] = [];
  #wake: (() => void) | null = null;
  #closed = false;

  push(event: LiveEvent): void {
    this.#events.push(event);
    if (this.#events.length > liveLimits.queueMax) this.#events.shift();
    this.#wake?.();
  }

  close(): void {
    this.#closed = true;
    this.#wake?.();
  }

  async take(waitMs: number): Promise<LiveEvent[]> {
    if (this.#events.length === 0 && !this.#closed) {
      let timer: NodeJS.Timeout | undefined;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        timer = setTimeout(resolve, waitMs);
      });
      clearTimeout(timer);
      this.#wake = null;
    }
    return this.#events.splice(0);
  }
}
