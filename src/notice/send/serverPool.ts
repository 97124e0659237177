import { resolveMx } from "node:dns/promises";
import { SekishoError, textOfError } from "../../lib/error.ts";
import type { NoticeSettings } from "../settings.ts";
import { SmtpConnection, SmtpRefusal, type HandedOver, type Server } from "./smtpConnection.ts";

export type Mail = { from: string; to: string; domain: string; message: string };

type Settings = Pick<
  NoticeSettings,
  "route" | "relays" | "connections" | "mailsPerConnection" | "answerSeconds" | "commandSeconds"
>;

const idleMs = 5_000;
const routesMax = 20_000;

/** Connections to one relay, or to the servers of one domain. */
type Route = {
  servers: readonly Server[];
  idle: SmtpConnection[];
  open: number;
  next: number;
  waiting: (() => void)[];
};

/** Hands mails over by connections that are kept open; as many at once to one place as settings say. */
export class ServerPool {
  readonly #settings: Settings;
  readonly #helloName: string;
  readonly #routes = new Map<string, Promise<Route>>();
  #closed = false;

  constructor(settings: Settings, helloName: string) {
    if (settings.route === "relays" && settings.relays.length === 0) {
      throw new SekishoError("config-invalid", "Cannot send: notice.relays names none", {
        hint: "name a relay, or set notice.route: mx",
      });
    }
    this.#settings = settings;
    this.#helloName = helloName;
  }

  /** How many mails can usefully be on their way at once. */
  get width(): number {
    const { route, connections, relays } = this.#settings;
    return route === "relays" ? connections * relays.length : Math.min(200, connections * 8);
  }

  /** Hands one mail over; `beforeDot` as in SmtpConnection.send. Never throws. */
  async send(mail: Mail, beforeDot: () => void): Promise<HandedOver> {
    let route: Route;
    let connection: SmtpConnection;
    try {
      route = await this.#routeOf(mail.domain);
    } catch (error) {
      return noRoute(error);
    }
    await this.#turn(route);
    try {
      connection = await this.#connect(route);
    } catch (error) {
      this.#release(route, null);
      if (error instanceof SmtpRefusal) return { end: "unsent", why: error.message };
      return { end: "unsent", why: textOfError(error) };
    }
    const handed = await connection.send(mail, beforeDot);
    this.#release(route, connection);
    return handed;
  }

  async #turn(route: Route): Promise<void> {
    if (
      route.open <
      this.#settings.connections * (this.#settings.route === "relays" ? route.servers.length : 1)
    ) {
      route.open += 1;
      return;
    }
    await new Promise<void>((resolve) => route.waiting.push(resolve));
  }

  async #connect(route: Route): Promise<SmtpConnection> {
    for (let idle = route.idle.pop(); idle !== undefined; idle = route.idle.pop())
      if (idle.usable) return idle;
    const times = {
      commandSeconds: this.#settings.commandSeconds,
      answerSeconds: this.#settings.answerSeconds,
    };
    let problem: unknown;
    for (let tried = 0; tried < route.servers.length; tried += 1) {
      // Relays take turns; of a domain's servers the first that answers (RFC 5321 5.1).
      const at = this.#settings.route === "relays" ? route.next++ % route.servers.length : tried;
      try {
        return await SmtpConnection.open(route.servers[at] as Server, { helloName: this.#helloName, times });
      } catch (error) {
        problem = error;
      }
    }
    throw problem;
  }

  #release(route: Route, connection: SmtpConnection | null): void {
    const keep =
      connection !== null &&
      connection.usable &&
      !this.#closed &&
      connection.mails < this.#settings.mailsPerConnection;
    if (keep) {
      route.idle.push(connection);
      const timer = setTimeout(() => {
        const at = route.idle.indexOf(connection);
        if (at < 0) return;
        route.idle.splice(at, 1);
        void connection.close();
      }, idleMs);
      timer.unref();
    } else if (connection !== null) void connection.close();
    const next = route.waiting.shift();
    if (next === undefined) route.open -= 1;
    else next();
  }

  #routeOf(domain: string): Promise<Route> {
    const key = this.#settings.route === "relays" ? "" : domain;
    let route = this.#routes.get(key);
    if (route === undefined) {
      // Millions of domains must not stay in memory; a route that is forgotten is looked up again.
      if (this.#routes.size >= routesMax) this.#routes.delete(this.#routes.keys().next().value as string);
      route = this.#findServers(domain).then((servers) => ({
        servers,
        idle: [],
        open: 0,
        next: 0,
        waiting: [],
      }));
      this.#routes.set(key, route);
      route.catch(() => this.#routes.delete(key));
    }
    return route;
  }

  async #findServers(domain: string): Promise<Server[]> {
    if (this.#settings.route === "relays") return this.#settings.relays;
    const server = (host: string): Server => ({ host, port: 25, tls: "offered", verify: false });
    try {
      const found = (await resolveMx(domain)).toSorted((one, other) => one.priority - other.priority);
      // RFC 7505: a null MX says that the domain takes no mail.
      if (found.length === 1 && found[0]?.exchange === "") throw new NoMail();
      return found.slice(0, 5).map(({ exchange }) => server(exchange));
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === "ENODATA") return [server(domain)];
      throw code === "ENOTFOUND" ? new NoMail() : error;
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const found of this.#routes.values()) {
      const route = await found.catch(() => null);
      await Promise.all((route?.idle.splice(0) ?? []).map((connection) => connection.close()));
    }
  }
}

/** The domain does not exist, or takes no mail. */
class NoMail extends Error {}

function noRoute(error: unknown): HandedOver {
  if (!(error instanceof NoMail)) return { end: "unsent", why: textOfError(error) };
  return { end: "refused", reply: { code: 550, text: "5.1.2 the domain takes no mail" }, stage: "rcpt" };
}
