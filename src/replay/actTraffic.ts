import type { CutRow, DecisionView, FindingRow, Person } from "../station/services.ts";
import type { Act, ActResult, Stage } from "./act.ts";
import { OFFICE, type Office } from "./office.ts";
import { writeRecordOf2016 } from "./recordOf2016.ts";

/** Who answers in the replay; in 2016 nobody was named. */
const ciso: Person = {
  id: "replay-ciso",
  name: "CISO (replay)",
  email: "ciso@ijtb.example",
  roles: ["approver"],
};

/**
 * Act two: 2016-03-15 to 03-25. In 2016 an infected PC, a web server and the control server talked outwards
 * for ten days, destinations were blocked one by one, and data left the database server's neighbour. Here
 * each first word is heard, what was agreed beforehand happens at once, and the proof is measured outside.
 */
export const actTraffic: Act = {
  name: "traffic",
  title: "2016-03-15 to 03-25: servers talk outwards",
  play: (stage) => (stage.office === null ? playRecord(stage) : playOffice(stage, stage.office)),
};

type Played = { problems: string[]; figures: ActResult["figures"] };

async function playOffice(stage: Stage, office: Office): Promise<ActResult> {
  const started = performance.now();
  const played: Played = { problems: [], figures: { hosts: "network namespaces, real sockets" } };
  await Promise.all([office.serve("evil"), office.serve("evilToo"), office.serve("world")]);
  const children = [
    office.speak("colleague", "office", OFFICE.world.address, OFFICE.world.address),
    office.speak("pc", "office", OFFICE.world.address),
    // A sixth of 2016's pace would still be hours; the rhythm is what counts.
    office.speak("pc", "call", OFFICE.evil.address, "443", "0.5", "0.2", "310"),
  ];
  stage.tell("03-15: the first PC is infected and calls its master on a clock");
  await webServer(stage, office, played);
  await databaseServer(stage, office, played);
  await infectedPc(stage, played);
  await controlServer(stage, office, played);
  for (const child of children) child.kill("SIGKILL");
  const { problems, figures } = played;
  return { act: "traffic", ok: problems.length === 0, seconds: secondsSince(started), figures, problems };
}

/** 03-19: the web server speaks; its deciders are asked, and one answers within seconds. */
async function webServer(stage: Stage, office: Office, played: Played): Promise<void> {
  const spokeAt = Date.now();
  const child = office.speak("web", "upload", OFFICE.evil.address, "443", "20000");
  const finding = await waitForFinding(stage, (row) => row.host === "web-server");
  played.figures["webServerHeardSeconds"] = secondsBetween(spokeAt, Date.parse(finding.at));
  stage.tell("03-19: the web server speaks outwards; the deciders are asked");
  const decision = await waitForDecision(stage, finding);
  await stage.station.services.decisions.answer(decision.id, ciso, {
    option: "isolate",
    reason: "replay: unplugged on 03-19 in 2016, isolated here",
  });
  const cut = await waitForProof(stage, (row) => row.decisionId === decision.id);
  Object.assign(played.figures, {
    webServerInPlaceMs: round(cut.inPlaceMs ?? Number.NaN),
    webServerPassedSince: cut.passedSince ?? -1,
  });
  await expectSilence(office, { source: OFFICE.web.address, at: "evil", who: "the web server" }, played);
  child.kill("SIGKILL");
}

/** 03-21: data files on the database server, and a way out for them: isolated by a standing order at once. */
async function databaseServer(stage: Stage, office: Office, played: Played): Promise<void> {
  const spokeAt = Date.now();
  const child = office.speak("database", "upload", OFFICE.evilToo.address, "443", "2000000");
  const finding = await waitForFinding(stage, (row) => row.host === "database-server");
  const cut = await waitForProof(stage, (row) => row.finding === finding.id);
  stage.tell("03-21: the database server speaks for the first time; isolated by a standing order");
  const arrived = (await office.arrived("evilToo"))[OFFICE.database.address]?.bytes ?? 0;
  Object.assign(played.figures, {
    databaseHeardSeconds: secondsBetween(spokeAt, Date.parse(finding.at)),
    databaseInForceSeconds: secondsBetween(spokeAt, Date.parse(cut.orderedAt) + (cut.inPlaceMs ?? 0)),
    databaseBytesOut: arrived,
  });
  if (cut.act !== "isolate" || cut.order === null)
    played.problems.push("the database server was not isolated by a standing order");
  if (cut.passedSince !== 0) played.problems.push(`${cut.passedSince} packets passed after the isolation`);
  const silent = { source: OFFICE.database.address, at: "evilToo", who: "the database server" } as const;
  await expectSilence(office, silent, played);
  child.kill("SIGKILL");
}

/** The PC's clock is found by the analysis, whatever the destination is called. */
async function infectedPc(stage: Stage, played: Played): Promise<void> {
  const isBeacon = (row: FindingRow): boolean =>
    row.hostAddress === OFFICE.pc.address && row.reasons.some(({ code }) => code === "beacon");
  const finding = await waitForFinding(stage, isBeacon, 60_000);
  const view = await stage.station.services.traffic.finding(finding.id, ciso);
  stage.tell("03-15 to 03-24: the infected PC's rhythm is found and drawn");
  played.figures["beaconScore"] = Number(view.figures["score"] ?? 0);
  played.figures["beaconContacts"] = Number(view.figures["contacts"] ?? 0);
}

/** 03-19 to 03-24: the control server, several destinations; nobody answers, and silence cuts off. */
async function controlServer(stage: Stage, office: Office, played: Played): Promise<void> {
  const spokeAt = Date.now();
  const children = (["evil", "evilToo"] as const).map((host) =>
    office.speak("control", "upload", OFFICE[host].address, "443", "20000"),
  );
  await waitForFinding(stage, (row) => row.host === "control-server");
  stage.tell("03-19 to 03-24: the control server sends slowly to several hosts; nobody answers");
  const cut = await waitForProof(stage, (row) => row.act === "cut-off", 30_000);
  stage.tell("03-25 came within seconds: full cut-off by default, and it holds");
  const ordered = Date.parse(cut.orderedAt);
  const last = await lastArrival(office, OFFICE.control.address);
  Object.assign(played.figures, {
    cutOffAfterSeconds: secondsBetween(spokeAt, ordered),
    cutOffInPlaceMs: round(cut.inPlaceMs ?? Number.NaN),
    // What the hosts outside stamped themselves, on this machine's clock.
    lastByteOutsideMs: last - ordered,
    cutOffPassedSince: cut.passedSince ?? -1,
  });
  if (cut.passedSince !== 0) played.problems.push(`${cut.passedSince} packets passed after the cut-off`);
  if (last - ordered > 100) played.problems.push(`a byte arrived ${last - ordered} ms after the cut-off`);
  await goesOn(office, played);
  for (const child of children) child.kill("SIGKILL");
  await stage.station.services.traffic.lift(cut.id, ciso, "replay: cleaned up");
  await waitForCut(stage, (row) => row.id === cut.id && row.state === "ended");
}

/** Under the full cut-off the administrators still reach outside, as the configuration says. */
async function goesOn(office: Office, played: Played): Promise<void> {
  const child = office.speak("administrator", "call", OFFICE.world.address, "443", "0.1", "0.1", "64");
  const source = OFFICE.administrator.address;
  const reached = await until(async () => (await office.arrived("world"))[source]?.bytes ?? 0, 3_000);
  child.kill("SIGKILL");
  played.figures["administratorsGoOn"] = reached > 0;
  if (reached === 0) played.problems.push("the administrators were cut off too");
}

async function lastArrival(office: Office, source: string): Promise<number> {
  const stamps = await Promise.all((["evil", "evilToo"] as const).map((host) => office.arrived(host)));
  return Math.max(...stamps.map((arrived) => arrived[source]?.lastMs ?? 0));
}

async function expectSilence(
  office: Office,
  given: { source: string; at: "evil" | "evilToo"; who: string },
  played: Played,
): Promise<void> {
  const before = (await office.arrived(given.at))[given.source]?.bytes ?? 0;
  await new Promise((resolve) => setTimeout(resolve, 700));
  const after = (await office.arrived(given.at))[given.source]?.bytes ?? 0;
  if (after > before) played.problems.push(`${given.who} still sent ${after - before} bytes`);
}

/* ---- without namespaces ---- */

/** The same ten days as a recorded log: heard and judged alike; nothing can be cut, and that is said. */
async function playRecord(stage: Stage): Promise<ActResult> {
  const started = performance.now();
  const played: Played = { problems: [], figures: { hosts: "recorded connections (dry)" } };
  stage.tell(`recorded connections instead of real hosts: ${stage.noOffice}`);
  const rows = writeRecordOf2016(stage.zeekFolder, Date.now());
  played.figures["connectionsRecorded"] = rows;
  for (const host of ["web-server", "control-server", "database-server"]) {
    const finding = await waitForFinding(stage, (row) => row.host === host, 30_000);
    played.figures[host.replace("-server", "HeardBy")] = finding.reasons.map(({ code }) => code).join(" ");
  }
  const dry = await waitForCut(stage, (row) => row.act === "isolate" && row.state === "dry");
  played.figures["wouldHaveIsolated"] = dry.target;
  await infectedPc(stage, played);
  const { problems, figures } = played;
  return { act: "traffic", ok: problems.length === 0, seconds: secondsSince(started), figures, problems };
}

/* ---- waiting ---- */

function waitForFinding(
  stage: Stage,
  test: (row: FindingRow) => boolean,
  msMax = 15_000,
): Promise<FindingRow> {
  return until(
    async () => (await stage.station.services.traffic.findings({ limit: 500 })).rows.find(test) ?? null,
    msMax,
    "a finding",
  );
}

function waitForDecision(stage: Stage, finding: FindingRow): Promise<DecisionView> {
  return until(
    async () => {
      const { rows } = await stage.station.services.traffic.findings({ limit: 500 });
      const id = rows.find((row) => row.id === finding.id)?.decisionId;
      return id == null ? null : stage.station.services.decisions.get(id);
    },
    10_000,
    "the question",
  );
}

function waitForCut(stage: Stage, test: (row: CutRow) => boolean, msMax = 15_000): Promise<CutRow> {
  return until(
    async () => (await stage.station.services.traffic.cuts({ limit: 200 })).find(test) ?? null,
    msMax,
    "the act",
  );
}

function waitForProof(stage: Stage, test: (row: CutRow) => boolean, msMax?: number): Promise<CutRow> {
  return waitForCut(stage, (row) => test(row) && row.provedAt !== null, msMax);
}

async function until<Found>(look: () => Promise<Found | null>, msMax: number, what?: string): Promise<Found> {
  const end = performance.now() + msMax;
  for (;;) {
    const found = await look();
    if (found !== null && found !== 0) return found;
    if (performance.now() > end) {
      if (what === undefined) return found as Found;
      throw new Error(`${what} did not come within ${msMax / 1_000} s`);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function secondsSince(started: number): number {
  return (performance.now() - started) / 1_000;
}

function secondsBetween(from: number, to: number): number {
  return round((to - from) / 1_000);
}

function round(value: number): number {
  return Math.round(value * 1_000) / 1_000;
}
