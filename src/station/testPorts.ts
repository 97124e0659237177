import { createConnection } from "node:net";

/** Whether somebody listens there. */
export function connectLocalPort(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(port, "127.0.0.1");
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}

/** Waits until `test` gives something, and gives it back; throws with `what` after `msMax`. */
export async function waitUntil<T>(
  test: () => T | null | false | undefined | Promise<T | null | false | undefined>,
  what: string,
  msMax = 15_000,
): Promise<T> {
  const until = performance.now() + msMax;
  for (;;) {
    const found = await test();
    if (found !== null && found !== false && found !== undefined) return found;
    if (performance.now() > until) throw new Error(`waited ${msMax} ms for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
