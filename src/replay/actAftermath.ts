import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { FactName } from "../law/facts.ts";
import type { Claim } from "../law/facts.ts";
import type { EntryId } from "../ledger/entry.ts";
import type { IncidentListRow, IncidentView, Person, ReportRow } from "../station/services.ts";
import type { Act, ActResult, Stage } from "./act.ts";
import { gatherIncidents, privacyOfficer as privacy } from "./gatherIncidents.ts";
import { sendNotices, type NoticeFigures } from "./noticesOf2016.ts";

/**
 * Act five: 2016-03-19 to 06-24. In 2016 the directors heard after two months, the authority after two and a
 * half, partners and customers after three, and a fifth of the notices reached nobody. Here the findings of
 * the acts before are one incident, whose questions fall to their defaults where nobody answers, whose clocks
 * run from what is on record, and whose reports and notices are made from it.
 */
export const actAftermath: Act = {
  name: "aftermath",
  title: "2016-03-19 to 06-24: who is told, and when?",
  play,
};

const ciso: Person = {
  id: "replay-ciso",
  name: "CISO（再現）",
  email: "ciso@ijtb.example",
  roles: ["approver"],
};

/** As the customer table names the partner. */
const dTravel = "NTT docomo dTravel";

type Played = { problems: string[]; figures: ActResult["figures"] };

async function play(stage: Stage): Promise<ActResult> {
  const started = performance.now();
  const played: Played = { problems: [], figures: {} };
  const incident = await oneIncident(stage, played);
  if (incident === null) return ended(started, played);
  await questions(stage, incident.id, played);
  const persons = await facts(stage, incident.id, played);
  await clocks(stage, incident.id, played);
  await reports(stage, incident.id, played);
  const notices = persons === null ? null : await sendNotices(stage, incident.id, [privacy, ciso]);
  judgeNotices(stage, notices, played);
  await publicPage(stage, incident.id, played);
  await told(stage, incident, played);
  return ended(started, played);
}

function ended(started: number, { problems, figures }: Played): ActResult {
  const seconds = (performance.now() - started) / 1_000;
  return { act: "aftermath", ok: problems.length === 0, seconds, figures, problems };
}

async function oneIncident(stage: Stage, played: Played): Promise<IncidentListRow | null> {
  const gathered = await gatherIncidents(stage);
  if (gathered === null) {
    played.problems.push("there is no incident: the acts before were not played");
    return null;
  }
  const { incidents, ledger } = stage.station.services;
  const { incident } = gathered;
  const view = await incidents.get(incident.id);
  const gates = new Set(view.list.map(({ gate }) => gate));
  const { rows } = await ledger.search({ code: "incidents-merged", since: incident.openedAt, limit: 200 });
  const byHand = rows.filter(({ entry }) => entry.about["person"] === privacy.id).length;
  Object.assign(played.figures, {
    findings: view.findings,
    gates: [...gates].toSorted().join(" "),
    mergedByHand: byHand,
    mergedByKey: rows.length - byHand,
  });
  stage.tell(`${view.findings} findings of ${gates.size} gates are one incident`);
  return incident;
}

/** Nobody answers, as in 2016; here silence has a meaning, and the ledger says so. */
async function questions(stage: Stage, incident: string, played: Played): Promise<void> {
  const settled = await waitFor(async () => {
    const { decisions } = await stage.station.services.room.view(incident);
    const wanted = decisions.filter(({ state }) => state !== "withdrawn");
    return wanted.length >= 2 && wanted.every(({ state }) => state === "defaulted" || state === "answered")
      ? wanted
      : null;
  }, 60_000);
  if (settled === null) {
    played.problems.push("the incident's questions were not settled within a minute");
    return;
  }
  const silent = settled.filter(({ state }) => state === "defaulted").length;
  const asked = stage.deskMailbox.delivered.length;
  played.figures["questionsBySilence"] = silent;
  played.figures["peopleAskedByMail"] = asked;
  stage.tell(`nobody answered ${silent} questions: data may have leaked, and the directors were told`);
  if (asked === 0) played.problems.push("nobody was asked by mail");
}

/** What the scope has found becomes facts, each with the entry that shows it. */
async function facts(stage: Stage, incident: string, played: Played): Promise<number | null> {
  const { scope, incidents, reports } = stage.station.services;
  const job = (await scope.jobs()).find(({ name }) => name === "recovered");
  const say = async (
    fact: FactName,
    value: Claim["value"],
    source: string,
    restsOn: EntryId[],
  ): Promise<void> => {
    const claim = { fact, value, bound: false, replaces: null, source, restsOn, audience: "public" as const };
    await incidents.claim(incident, claim, privacy);
  };
  await say("high-grade-encryption", false, "データベースの設定を確認した", []);
  await say("we-process-for-others", false, "提携先のお客様も自社の約款による", []);
  if (job?.state !== "done") {
    played.problems.push("the scope has no result: act four was not played");
    return null;
  }
  const { entry } = await scope.handOver("recovered", privacy);
  const handed = entry as EntryId;
  await reports.linkScope(incident, handed, "影響範囲の調査結果", privacy);
  const view = await scope.job("recovered");
  const persons = view.counts?.persons.matched ?? 0;
  await say("persons", persons, "回収した断片と顧客表の突合による", [handed]);
  await say("unique-identifiers", (view.counts?.passports.records ?? 0) > 0, "突合の結果", [handed]);
  played.figures["personsOnRecord"] = persons;
  return persons;
}

/** Two moments of knowing, two preliminary clocks, and the partner's beside them. */
async function clocks(stage: Stage, incident: string, played: Played): Promise<void> {
  const view: IncidentView = await stage.station.services.incidents.get(incident);
  const knew = view.facts.find(({ fact }) => fact === "knew")?.claims.filter(({ former }) => !former) ?? [];
  const preliminary = view.clocks.filter(({ law, duty }) => law === "jp-appi" && duty === "preliminary");
  const days = preliminary.map(({ lastDay }) => lastDay).join(" and ");
  Object.assign(played.figures, {
    candidatesOfKnowing: knew.length,
    preliminaryClocks: preliminary.length,
    preliminaryUntil: days,
    clocks: view.clocks.filter(({ answer }) => answer === "yes").length,
  });
  stage.tell(`${knew.length} moments of knowing stand side by side; preliminary report until ${days}`);
  if (preliminary.length < 2) played.problems.push("both moments of knowing have to show their clocks");
  if (!view.clocks.some(({ law }) => law === `contract-${dTravel}`))
    played.problems.push("the partner has no clock");
}

/** Drafted from the ledger, released by two persons, and held against the ledger line by line. */
async function reports(stage: Stage, incident: string, played: Played): Promise<void> {
  const { reports: service } = stage.station.services;
  for (const [topic, ja, en] of passages) {
    await service.passage(incident, { topic, partner: null, replaces: null, text: { ja, en } }, privacy);
  }
  const wanted = [
    { name: "appi-preliminary", input: { kind: "preliminary", law: "jp-appi" } },
    { name: "board", input: { kind: "board" } },
    { name: "partner-docomo", input: { kind: "partner", partner: dTravel } },
  ] as const;
  for (const { name, input } of wanted) {
    const draft = await service.draft(incident, input, privacy);
    const row = await release(stage, incident, draft);
    if (row.state !== "released") played.problems.push(`${name} was not released by two persons`);
    for (const format of ["pdf", "json"] as const) {
      const { bytes } = await service.file(incident, draft.id, { format, language: "ja" });
      writeFileSync(join(stage.folder, `${name}.${format}`), bytes, { mode: 0o600 });
    }
    await stage.station.station.index.settled();
    if (name === "partner-docomo") played.figures["partnerLetterAt"] = Date.now();
    if (name !== "appi-preliminary") continue;
    const report = await service.get(incident, draft.id);
    const known = report.items.filter(({ state }) => state !== "not-yet-known").length;
    played.figures["reportItemsKnown"] = `${known} of ${report.items.length}`;
    stage.tell(`the preliminary report fills itself: ${known} of ${report.items.length} items are known`);
  }
}

async function release(stage: Stage, incident: string, draft: ReportRow): Promise<ReportRow> {
  const { reports: service } = stage.station.services;
  await service.release(incident, draft.id, "内容を確認した", privacy);
  return service.release(incident, draft.id, "内容を確認した", ciso);
}

const passages = [
  [
    "outline",
    "標的型メールに端を発する不正アクセス（再現）。",
    "An intrusion that began with a targeted mail (replay).",
  ],
  [
    "cause",
    "問い合わせ窓口に届いた標的型メールの添付ファイル（再現）。",
    "An attachment of a mail to the inquiry desk (replay).",
  ],
  [
    "measures",
    "該当サーバーを隔離し、外部との通信を遮断した。",
    "The servers were isolated and traffic was cut off.",
  ],
  ["contact", "専用窓口　0120-000-000（再現用の番号）", "Hotline 0120-000-000 (a number for the replay)"],
] as const;

function judgeNotices(stage: Stage, notices: NoticeFigures | null, { figures, problems }: Played): void {
  if (notices === null) return;
  Object.assign(figures, {
    noticesTo: notices.persons,
    noticesSent: notices.sent,
    noticesBounced: notices.bounced,
    noticesNextChannel: notices.nextChannel,
    noticesInDoubt: notices.doubt,
    noticesPerSecond: notices.perSecond,
  });
  stage.tell(
    `${notices.sent} notices sent to ${notices.persons} persons; ${notices.bounced} came back, and ` +
      `${notices.nextChannel} go on by letter; ${notices.doubt} in doubt`,
  );
  if (notices.lost > 0) problems.push(`${notices.lost} persons are in no state at all`);
  if (notices.twice > 0) problems.push(`${notices.twice} notices were taken twice`);
}

async function publicPage(stage: Stage, incident: string, played: Played): Promise<void> {
  const { reports: service } = stage.station.services;
  const view = await service.list(incident);
  for (const { id } of view.passages)
    await service.allowPublic(incident, { entry: id, allowed: true, reason: "公表してよい" }, privacy);
  if (view.scope !== null)
    await service.allowPublic(
      incident,
      { entry: view.scope.entry, allowed: true, reason: "人数を公表する" },
      privacy,
    );
  const draft = await service.draft(incident, { kind: "public" }, privacy);
  const row = await release(stage, incident, draft);
  if (row.state !== "released") played.problems.push("the public page was not released");
  const { bytes } = await service.file(incident, draft.id, { format: "html", language: "ja" });
  writeFileSync(join(stage.folder, "public.html"), bytes, { mode: 0o600 });
  played.figures["publicPage"] = "public.html";
  stage.tell("the public page is written, with nothing on it that two persons have not released");
}

/** How long after the first finding each of those who heard last in 2016 has heard here. */
async function told(stage: Stage, incident: IncidentListRow, played: Played): Promise<void> {
  const { incidents, ledger } = stage.station.services;
  const [first] = (await incidents.get(incident.id)).list.toSorted((one, other) =>
    one.at < other.at ? -1 : 1,
  );
  const from = Date.parse(first?.at ?? incident.openedAt);
  const after = async (code: string, pick: "first" | "last" = "first"): Promise<number | null> => {
    const { rows } = await ledger.search({ code, since: incident.openedAt, limit: 200 });
    const times = rows.map(({ entry }) => Date.parse(entry.at));
    if (times.length === 0) return null;
    return ((pick === "first" ? Math.min(...times) : Math.max(...times)) - from) / 1_000;
  };
  const letterAt = Number(played.figures["partnerLetterAt"] ?? Number.NaN);
  delete played.figures["partnerLetterAt"];
  Object.assign(played.figures, {
    partnerLetterSeconds: rounded((letterAt - from) / 1_000),
    directorsToldSeconds: rounded(await after("directors-told")),
    reportReadySeconds: rounded(await after("report-released")),
    noticesBegunSeconds: rounded(await after("notice-sending")),
    publicPageSeconds: rounded(await after("report-released", "last")),
  });
}

function rounded(seconds: number | null): number | string {
  return seconds === null ? "never" : Number(seconds.toFixed(1));
}

async function waitFor<T>(look: () => Promise<T | null>, milliseconds: number): Promise<T | null> {
  const until = performance.now() + milliseconds;
  for (;;) {
    const found = await look();
    if (found !== null || performance.now() > until) return found;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}
