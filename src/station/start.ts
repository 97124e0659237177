import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { getConnInfo } from "@hono/node-server/conninfo";
import { serve, type ServerType } from "@hono/node-server";
import { Hono } from "hono";
import type { Kysely } from "kysely";
import pino from "pino";
import { loadConfig, type LoadedConfig } from "../config.ts";
import { SekishoError, textOfError } from "../lib/error.ts";
import { freePort } from "../lib/freePort.ts";
import { inNetworks } from "../lib/networks.ts";
import { version } from "../lib/version.ts";
import { Hotline } from "../notice/hotline/hotline.ts";
import { databaseUrlOf } from "./databaseUrl.ts";
import { createApp } from "./http/createApp.ts";
import { createMetrics } from "./metrics.ts";
import { noticeRoomOf } from "./noticeRoom.ts";
import { Station } from "./openStation.ts";
import { askRecordIn, countCanaries } from "./service/askRecord.ts";
import { createDecisionService } from "./service/decisionService.ts";
import { createDeskService } from "./service/deskService.ts";
import { createHotlineService } from "./service/hotlineService.ts";
import { createIncidentService } from "./service/incidentService.ts";
import { createLedgerService } from "./service/ledgerService.ts";
import { createNoticeService } from "./service/noticeService.ts";
import { createRecordsService } from "./service/recordsService.ts";
import { createReportService } from "./service/reportService.ts";
import { reportSourceOf } from "./service/reportSource.ts";
import { createRoomService } from "./service/roomService.ts";
import { createScopeService } from "./service/scopeService.ts";
import { createTrafficService } from "./service/trafficService.ts";
import type { Services, StationStatus } from "./services.ts";

type StationServices = Services & {
  scope: ReturnType<typeof createScopeService>;
  notices: ReturnType<typeof createNoticeService>;
};
export type StartedStation = {
  station: Station;
  /** Where people open the console. */
  url: string;
  /** One-time link of the first administrator; null where there is one already. */
  firstLink: string | null;
  services: StationServices;
  close(): Promise<void>;
};

/** Starts the station of a configuration file: ledger, gates, API and pages. */
export async function startStation(
  configFile: string,
  options: { quiet?: boolean } = {},
): Promise<StartedStation> {
  const loaded = await loadConfig(configFile);
  const level = options.quiet === true ? "warn" : loaded.config.log.level;
  const logger = pino({ level, base: { part: "station" } }, pino.destination(2));
  const station = await Station.open({
    loaded,
    databaseUrl: databaseUrlOf(loaded),
    log: (at, message, fields) => logger[at](fields ?? {}, message),
    onFatal: (error) => {
      const { hint, cause } = error as SekishoError;
      const problem = `${error.message}${cause === undefined ? "" : `: ${textOfError(cause)}`}`;
      logger.fatal({ problem, hint }, "the station ends, because it does not know what its ledger holds");
      process.exit(1);
    },
  });
  try {
    return await startOpened(station, (message, fields, at = "info") => logger[at](fields, message));
  } catch (error) {
    await station.close();
    throw error;
  }
}

type Tell = (message: string, fields: Record<string, unknown>, at?: "info" | "error") => void;

async function startOpened(station: Station, tell: Tell): Promise<StartedStation> {
  const { loaded } = station;
  const { host, port: wanted } = loaded.config.console;
  const port = wanted === 0 ? await freePort(host) : wanted;
  const url = loaded.config.console.url ?? `http://${host === "127.0.0.1" ? "localhost" : host}:${port}`;
  station.desk.origin = url;
  const services = servicesOf(station, url);
  const { app, createFirstLink } = await createApp({
    services,
    db: station.db,
    config: {
      origin: url,
      cookieSecure: url.startsWith("https:"),
      organisation: loaded.config.organisation,
      dataFolder: loaded.dataFolder,
      sessionSecret: station.keyring.secretFor("sessions"),
    },
    consoleFolder: consoleFolder(),
    log: (message, error) => tell(message, { problem: String(error ?? "") }, "error"),
  });
  await station.start();
  const outer = outerApp(station, loaded);
  outer.route("/", app as unknown as Hono);
  const server = await listenHttp(outer, host, port);
  tell("console listens", { url });
  const firstLink = await createFirstLink();
  async function close(): Promise<void> {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    if ("closeAllConnections" in server) server.closeAllConnections();
    await closed;
    await services.scope.close();
    await services.notices.close();
    await station.close();
  }
  return { station, url, firstLink, services, close };
}

/** Health end points stand outside sign-in. */
function outerApp(station: Station, loaded: LoadedConfig): Hono {
  const outer = new Hono();
  const metrics = createMetrics(station);
  outer.get("/healthz", (context) => context.text("ok\n"));
  outer.get("/readyz", async (context) => {
    const status = await statusOf(station);
    const lines = status.gates.map((gate) => `${gate.name} ${gate.state}\n`).join("");
    return context.text(`${status.state}\n${lines}`, status.state === "ready" ? 200 : 503);
  });
  outer.get("/metrics", async (context) => {
    const from = getConnInfo(context).remote.address ?? "";
    if (!inNetworks(from, loaded.config.console.metricsFrom)) return context.text("forbidden\n", 403);
    return context.body(await metrics.metrics(), 200, { "content-type": metrics.contentType });
  });
  return outer;
}

async function statusOf(station: Station): Promise<StationStatus> {
  const gates = station.supervisor.statuses();
  const { config } = station.loaded;
  return {
    version,
    startedAt: station.startedAt,
    organisation: config.organisation,
    timeZone: config.timeZone,
    state: gates.every((gate) => gate.state === "ready") ? "ready" : "degraded",
    stateStore: station.state.kind,
    gates,
    ledger: {
      size: station.ledger.size,
      root: station.ledger.root.toString("hex"),
      checkpointAt: station.ledger.publishedAt,
      origin: station.ledger.origin,
    },
  };
}

function servicesOf(station: Station, origin: string): StationServices {
  const { db, recorder, evidence, index, ledger, decisions, orders, live, loaded } = station;
  const views = createDecisionService(decisions, orders);
  const stores = { db, recorder, evidence, index };
  const nameOf = async (person: string): Promise<string | null> => {
    const row = await db.selectFrom("person").select("name").where("id", "=", person).executeTakeFirst();
    return (row as { name: string } | undefined)?.name ?? null;
  };
  const ledgerService = createLedgerService({ ledger, index, evidence });
  return {
    station: { status: () => statusOf(station) },
    live,
    desk: createDeskService(stores),
    traffic: createTrafficService({
      ...stores,
      loaded,
      decisions,
      lost: () => station.counters.get("outbound")?.["lost"] ?? 0,
    }),
    records: createRecordsService({
      ...stores,
      loaded,
      decisions,
      views,
      origin,
      askRecord:
        loaded.config.records === undefined
          ? null
          : askRecordIn({ dataFolder: loaded.dataFolder, keyring: station.keyring }),
      nameCustomer: (customer) => station.keyring.pseudonymOf(`customer ${customer}`).slice(0, 32),
      planted: () => countCanaries(loaded.dataFolder, station.keyring),
    }),
    scope: createScopeService({
      dataFolder: loaded.dataFolder,
      record: (entry) => ledgerService.record(entry),
      receiver: async () => ({
        evidence,
        append: (draft) => recorder.append(draft),
        dataFolder: loaded.dataFolder,
      }),
      nameOf,
    }),
    ...aftermathOf(station, nameOf),
    decisions: views,
    ledger: ledgerService,
  };
}

/** What follows a finding: incidents, reports, notices, the hotline. */
function aftermathOf(
  station: Station,
  nameOf: (person: string) => Promise<string | null>,
): Pick<StationServices, "incidents" | "room" | "reports" | "notices" | "hotline"> {
  const { db, recorder, evidence, index, decisions, desk, loaded } = station;
  const { incidents } = desk;
  return {
    incidents: createIncidentService({ incidents, laws: desk.laws, evidence, nameOf }),
    room: createRoomService({
      incidents,
      room: desk.room,
      asking: desk.asking,
      decisions,
      evidence,
      nameOf,
      persons: () => personsOf(db),
      stamp: (hash) => desk.stamp(hash),
      now: () => Temporal.Now.instant(),
    }),
    reports: createReportService({
      source: reportSourceOf(db, index),
      recorder,
      evidence,
      incidents,
      laws: desk.laws,
      organisation: loaded.config.organisation,
      timeZone: loaded.config.timeZone,
      nameOf,
      now: () => Temporal.Now.instant(),
    }),
    notices: createNoticeService({ room: noticeRoomOf(station), loaded, nameOf }),
    hotline: createHotlineService(new Hotline(noticeRoomOf(station), station.keyring.secretFor("hotline"))),
  };
}

async function personsOf(db: Kysely<any>): Promise<{ id: string; name: string }[]> {
  const rows = await db.selectFrom("person").select(["id", "name"]).orderBy("name").execute();
  return rows as { id: string; name: string }[];
}

/** Built pages: dist/console of a checkout, or beside the server in a published package. */
function consoleFolder(): string {
  const places = ["../../dist/console", "../../console"].map((path) =>
    fileURLToPath(new URL(path, import.meta.url)),
  );
  return places.find((place) => existsSync(place)) ?? (places[0] as string);
}

function listenHttp(app: Hono, hostname: string, port: number): Promise<ServerType> {
  return new Promise((resolve, reject) => {
    const server = serve({ fetch: app.fetch, hostname, port }, () => {
      server.removeListener("error", fail);
      resolve(server);
    });
    function fail(cause: NodeJS.ErrnoException): void {
      const code = cause.code === "EADDRINUSE" ? "port-in-use" : "setup-incomplete";
      reject(
        new SekishoError(code, `Cannot listen on ${hostname}:${port} for the console: ${cause.message}`, {
          hint: "set console.port to another port, or end what holds this one",
          cause,
        }),
      );
    }
    server.once("error", fail);
  });
}
