import { existsSync, readdirSync, readFileSync } from "node:fs";
import { extname, join, relative } from "node:path";
import type { MiddlewareHandler } from "hono";
import type { Env } from "./context.ts";

const TYPES: Record<string, string> = {
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".json": "application/json",
  ".webmanifest": "application/manifest+json",
};

/** What Vite writes into index.html, to be replaced at every answer. */
export const NONCE_PLACEHOLDER = "__SEKISHO_NONCE__";

type File = { bytes: Uint8Array<ArrayBuffer>; type: string; immutable: boolean };

/**
 * Serves the built console from memory: only what was there at the start is served, so no path leads out of
 * the folder. Any other address gets the page itself, whose router reads it.
 */
export function consoleFiles(folder: string): MiddlewareHandler<Env> {
  const files = readFiles(folder);
  const page = files.get("/index.html");
  const html = page === undefined ? null : new TextDecoder().decode(page.bytes);
  return async (c) => {
    if (c.req.method !== "GET" && c.req.method !== "HEAD") return c.text("method not allowed", 405);
    const file = files.get(c.req.path);
    if (file !== undefined && file !== page) {
      const caching = file.immutable ? "public, max-age=31536000, immutable" : "no-cache";
      return c.body(file.bytes, 200, { "Content-Type": file.type, "Cache-Control": caching });
    }
    if (c.req.path.startsWith("/assets/")) return c.text("not found", 404);
    if (html === null) return c.text("The console is not built. Run: npm run build\n", 503);
    return c.html(html.replaceAll(NONCE_PLACEHOLDER, c.get("nonce")));
  };
}

function readFiles(folder: string): Map<string, File> {
  const files = new Map<string, File>();
  if (!existsSync(folder)) return files;
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const type = TYPES[extname(entry.name)];
    if (!entry.isFile() || type === undefined) continue;
    const path = join(entry.parentPath, entry.name);
    const address = `/${relative(folder, path).replaceAll("\\", "/")}`;
    const bytes = Uint8Array.from(readFileSync(path));
    files.set(address, { bytes, type, immutable: address.startsWith("/assets/") });
  }
  return files;
}
