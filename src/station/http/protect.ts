import { randomBytes } from "node:crypto";
import { getConnInfo } from "@hono/node-server/conninfo";
import type { Context as HonoContext, MiddlewareHandler } from "hono";
import type { Env } from "./context.ts";
import { refusal } from "./problem.ts";
import { RateLimiter, type RateRule } from "./rateLimiter.ts";

/** How often one client, account or person may do what. */
export const rateRules = {
  apiByClient: { max: 1200, seconds: 60 },
  signInByClient: { max: 20, seconds: 60 },
  signInByAccount: { max: 10, seconds: 15 * 60 },
  linkByClient: { max: 20, seconds: 60 },
  confirmByPerson: { max: 5, seconds: 60 },
  verifyByPerson: { max: 6, seconds: 60 },
  exportByPerson: { max: 60, seconds: 60 },
} as const satisfies Record<string, RateRule>;
export type Limiters = Record<keyof typeof rateRules, RateLimiter>;

export function createLimiters(): Limiters {
  const entries = Object.entries(rateRules).map(([name, rule]) => [name, new RateLimiter(rule)] as const);
  return Object.fromEntries(entries) as Limiters;
}

/** Throws 429 where the key has used up its share. */
export function takeOrRefuse(limiter: RateLimiter, key: string): void {
  const seconds = limiter.take(key);
  if (seconds > 0) throw refusal(429, "too-many-requests", `Too many requests; try again in ${seconds} s`);
}

/** Learns the client's address from the socket: no header from outside is believed. */
export const knowClient: MiddlewareHandler<Env> = async (c, next) => {
  c.set("clientAddress", addressOf(c));
  c.set("nonce", randomBytes(16).toString("base64"));
  await next();
};

function addressOf(c: HonoContext<Env>): string {
  try {
    return getConnInfo(c).remote.address ?? "unknown";
  } catch {
    // Without a socket: app.request() in a test.
    return "127.0.0.1";
  }
}

/**
 * The headers of every answer. Scripts run by nonce only, nothing is fetched from another origin, no page
 * may frame ours, and text from a mail can never become script: DOM sinks take no strings.
 */
export const setHeaders: MiddlewareHandler<Env> = async (c, next) => {
  await next();
  const headers = c.res.headers;
  headers.set("Content-Security-Policy", contentSecurityPolicy(c.get("nonce")));
  headers.set("X-Content-Type-Options", "nosniff");
  headers.set("X-Frame-Options", "DENY");
  headers.set("Referrer-Policy", "no-referrer");
  headers.set("Cross-Origin-Opener-Policy", "same-origin");
  headers.set("Cross-Origin-Resource-Policy", "same-origin");
  headers.set("Cross-Origin-Embedder-Policy", "require-corp");
  headers.set("Permissions-Policy", PERMISSIONS_POLICY);
  headers.set("X-Robots-Tag", "noindex, nofollow");
  headers.set("Origin-Agent-Cluster", "?1");
  if (!headers.has("Cache-Control")) headers.set("Cache-Control", "no-store");
};

const PERMISSIONS_POLICY =
  "camera=(), microphone=(), geolocation=(), payment=(), usb=(), " +
  "publickey-credentials-get=(self), publickey-credentials-create=(self)";

export function contentSecurityPolicy(nonce: string): string {
  return [
    "default-src 'none'",
    `script-src 'nonce-${nonce}' 'strict-dynamic'`,
    `style-src 'self' 'nonce-${nonce}'`,
    "img-src 'self' data:",
    "connect-src 'self'",
    "font-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
  ].join("; ");
}

/** HTTP Strict Transport Security, where the station is reached by https. RFC 6797 7.2. */
export const strictTransport: MiddlewareHandler<Env> = async (c, next) => {
  await next();
  c.res.headers.set("Strict-Transport-Security", "max-age=31536000");
};

/** Leads from http://127.0.0.1 to http://localhost: a passkey belongs to a name. W3C WebAuthn 3, 5.1.2. */
export function leadToName(origin: string): MiddlewareHandler<Env> {
  const { hostname, port } = new URL(origin);
  return async (c, next) => {
    const host = c.req.header("Host") ?? "";
    const byAddress = host === `127.0.0.1:${port}` || host === `[::1]:${port}`;
    if (hostname !== "localhost" || !byAddress || c.req.method !== "GET") return next();
    const { pathname, search } = new URL(c.req.url);
    return c.redirect(`${origin}${pathname}${search}`, 302);
  };
}

const SAFE_METHODS = ["GET", "HEAD", "OPTIONS"];

/** Refuses what changes something and does not come from our own pages. RFC 6454 7; Fetch Metadata. */
export function requireOrigin(origin: string): MiddlewareHandler<Env> {
  return async (c, next) => {
    if (SAFE_METHODS.includes(c.req.method)) return next();
    const from = c.req.header("Origin");
    const site = c.req.header("Sec-Fetch-Site");
    if (from !== origin || (site !== undefined && site !== "same-origin")) {
      throw refusal(403, "wrong-origin", "This request does not come from the console");
    }
    const type = c.req.header("Content-Type") ?? "";
    const bytes = Number(c.req.header("Content-Length") ?? "0");
    // No form can send either: a page of somebody else would have to ask first (CORS preflight).
    if (bytes > 0 && !/^application\/(json|octet-stream)\b/.test(type)) {
      throw refusal(403, "wrong-origin", "This request is not JSON");
    }
    return next();
  };
}

/** A limit for each client on the whole API. */
export function limitClient(limiters: Limiters): MiddlewareHandler<Env> {
  return async (c, next) => {
    takeOrRefuse(limiters.apiByClient, c.get("clientAddress"));
    await next();
  };
}
