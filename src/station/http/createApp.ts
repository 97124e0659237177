import { Hono } from "hono";
import type { StateDatabase } from "../../lib/sql/openState.ts";
import { textOfError } from "../../lib/error.ts";
import type { Person, Role, Services } from "../services.ts";
import { authRoutes } from "./authRoutes.ts";
import { consoleFiles } from "./consoleFiles.ts";
import type { Context, Env } from "./context.ts";
import { createAuth, type Auth, type AuthConfig } from "./createAuth.ts";
import { decisionRoutes } from "./decisionRoutes.ts";
import { noticeRoutes } from "./noticeRoutes.ts";
import { hotlineRoutes } from "./hotlineRoutes.ts";
import { incidentRoutes } from "./incidentRoutes.ts";
import { ledgerRoutes } from "./ledgerRoutes.ts";
import { mailRoutes } from "./mailRoutes.ts";
import { OneTimeLinks } from "./oneTimeLinks.ts";
import { People } from "./people.ts";
import { addressOfLink, peopleRoutes } from "./peopleRoutes.ts";
import { answerProblem, refusal } from "./problem.ts";
import {
  createLimiters,
  knowClient,
  leadToName,
  limitClient,
  requireOrigin,
  setHeaders,
  strictTransport,
} from "./protect.ts";
import { recordsRoutes } from "./recordsRoutes.ts";
import { reportRoutes } from "./reportRoutes.ts";
import { requirePerson } from "./requirePerson.ts";
import { roomRoutes } from "./roomRoutes.ts";
import { scopeRoutes } from "./scopeRoutes.ts";
import { sessionRoutes } from "./sessionRoutes.ts";
import { stationRoutes } from "./stationRoutes.ts";
import { trafficRoutes } from "./trafficRoutes.ts";
import { UsedCodes } from "./usedCodes.ts";

export type AppConfig = AuthConfig & { dataFolder: string };
export type App = {
  app: Hono<Env>;
  auth: Auth;
  /** The address of a new one-time link for the first administrator; null where there is one already. */
  createFirstLink(): Promise<string | null>;
  /** Those who have this role now, for questions that go to a role. */
  peopleByRole(role: Role): Promise<Person[]>;
};

/**
 * The HTTP side of the station: sign-in, the API and the pages. The tables must be migrated before. Passkeys
 * need a host name in `config.origin` (http://localhost:…), since WebAuthn knows no addresses.
 */
export async function createApp(options: {
  services: Services;
  db: StateDatabase;
  config: AppConfig;
  consoleFolder: string;
  log?: (message: string, error?: unknown) => void;
}): Promise<App> {
  const { services, db, config } = options;
  const log = options.log ?? (() => {});
  const auth = createAuth(db, config, log);
  const people = new People(db);
  const links = new OneTimeLinks(db);
  const limiters = createLimiters();
  const usedCodes = new UsedCodes();
  const context: Context = { services, db, auth, people, links, limiters, usedCodes, config, log };
  const app = new Hono<Env>();
  app.use(knowClient, setHeaders);
  if (config.cookieSecure) app.use(strictTransport);
  app.onError((error) => answerProblem(error, (thrown) => log(textOfError(thrown), thrown)));
  app.use("/api/*", limitClient(limiters), requireOrigin(config.origin));
  app.route("/api/auth", authRoutes(context));
  app.route("/api", createRoutes(context));
  app.all("/api/*", () => {
    throw refusal(404, "input-invalid", "There is nothing here");
  });
  app.use(leadToName(config.origin), consoleFiles(options.consoleFolder));
  return {
    app,
    auth,
    createFirstLink: () => createFirstLink(context),
    peopleByRole: (role) => people.byRole(role),
  };
}

/** All routes that the console calls; its typed client is made from this type. */
function createRoutes(context: Context) {
  const person = requirePerson(context);
  return new Hono<Env>()
    .route("/", sessionRoutes(context))
    .route("/station", new Hono<Env>().use(person).route("/", stationRoutes(context)))
    .route("/mails", new Hono<Env>().use(person).route("/", mailRoutes(context)))
    .route("/traffic", new Hono<Env>().use(person).route("/", trafficRoutes(context)))
    .route("/records", new Hono<Env>().use(person).route("/", recordsRoutes(context)))
    .route("/scope", new Hono<Env>().use(person).route("/", scopeRoutes(context)))
    .route("/incidents", new Hono<Env>().use(person).route("/", roomRoutes(context)))
    .route("/incidents", new Hono<Env>().use(person).route("/", incidentRoutes(context)))
    .route("/reports", new Hono<Env>().use(person).route("/", reportRoutes(context)))
    .route("/notices", new Hono<Env>().use(person).route("/", noticeRoutes(context)))
    .route("/hotline", new Hono<Env>().use(person).route("/", hotlineRoutes(context)))
    .route("/decisions", new Hono<Env>().use(person).route("/", decisionRoutes(context)))
    .route("/ledger", new Hono<Env>().use(person).route("/", ledgerRoutes(context)))
    .route("/people", new Hono<Env>().use(person).route("/", peopleRoutes(context)));
}
export type Api = ReturnType<typeof createRoutes>;

async function createFirstLink(context: Context): Promise<string | null> {
  if ((await context.people.byRole("administrator")).length > 0) return null;
  await context.links.withdraw({ kind: "first" });
  const roles: Role[] = ["administrator", "approver"];
  const link = { kind: "first" as const, email: null, roles, person: null, madeBy: null };
  const { id, token } = await context.links.make(link);
  const data = { link: id, roles: roles.join(",") };
  await context.services.ledger.record({ kind: "decided", code: "first-link-made", by: "station", data });
  return addressOfLink(context.config.origin, token);
}
