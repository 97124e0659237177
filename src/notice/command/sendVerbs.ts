import { hostname } from "node:os";
import { SekishoError } from "../../lib/error.ts";
import { Progress } from "../../lib/progress.ts";
import { Composer } from "../compose/composer.ts";
import { mailboxOf } from "../list/person.ts";
import { printAnswer } from "../send/replyReader.ts";
import { samplePerson } from "../send/seeds.ts";
import { sendCampaign } from "../send/sendCampaign.ts";
import type { SendEnd, Sender } from "../send/sender.ts";
import { ServerPool } from "../send/serverPool.ts";
import { leaveStopOrder, recordState, stopStates } from "../send/stopSwitch.ts";
import { findRuns } from "../send/runs.ts";
import { refusalsOf } from "../status.ts";
import { setCampaign } from "../store/campaign.ts";
import { countGroups, makeVersion, openKeys } from "../texts/version.ts";
import {
  campaignOf,
  isGiven,
  needText,
  print,
  printTable,
  textIn,
  type Given,
  type NoticePlace,
  type NoticeVerb,
} from "./place.ts";

export const sendVerb: NoticeVerb = {
  summary: "send what is released, or go on with it",
  help: `sekisho notice send [--once]
sekisho notice send --test ADDRESS     a sample of each group to an address of yours; needs no release

Sends until everyone is reached by mail, refused for good or in doubt, waiting for hours, rates and later
tries. Ctrl-C ends it in order; it may be killed at any moment: the next send goes on, nobody is skipped, and
nobody is sent two. What was sent and never answered is in doubt: sekisho notice doubt.

  --once    ends when only tries at a later time are left
  --json    a line each second: {sent, refused, deferred, doubt, unsent, total, perSecond, secondsLeft}
0 done, 10 something is left for later, 11 stopped or paused.
`,
  options: { once: { type: "boolean" }, test: { type: "string" } },
  writes: true,
  async run(place, given) {
    const address = textIn(given, "test");
    if (address !== undefined) return sendTests(place, given, address);
    const campaign = await campaignOf(place, given);
    const show = new Show(place, given);
    const interrupt = (): void =>
      leaveStopOrder(place.room.folder, campaign.name, {
        act: "pause",
        by: "command line",
        reason: "Ctrl-C",
      });
    process.once("SIGINT", interrupt).once("SIGTERM", interrupt);
    try {
      const end = await sendCampaign(place.room, campaign, {
        settings: place.settings,
        timeZone: place.timeZone,
        once: isGiven(given, "once"),
        onStart: (sender) => show.begin(sender),
        onProblem: (problem) => process.stderr.write(`${problem}\n`),
      });
      show.end();
      const refusals = await refusalsOf(place.room, campaign);
      print(given, { ...end, refusals }, () => textOfEnd(end, refusals));
      return end.why === "done" ? 0 : end.why === "later" ? 10 : 11;
    } finally {
      show.end();
      process.off("SIGINT", interrupt).off("SIGTERM", interrupt);
    }
  },
};

function textOfEnd(end: SendEnd, refusals: { domain: string; status: string; count: number }[]): string {
  const { sent, refused, deferred, doubt, recovered } = end;
  const taken =
    recovered.runs === 0
      ? ""
      : `took up ${recovered.runs} interrupted run(s): ${recovered.givenBack} queued again, ` +
        `${recovered.settled} answers found in the journal, ${recovered.doubt} in doubt\n`;
  const table = printTable(refusals.map(({ domain, status, count }) => [domain, status, count]));
  const why =
    end.why === "stopped" ? `stopped: ${end.detail}\n` : end.why === "later" ? "later tries are left\n" : "";
  return `${taken}sent ${sent}, refused ${refused}, deferred ${deferred}, in doubt ${doubt}\n${table}${why}`;
}

/** Progress each second: a bar, or a line of JSON. */
class Show {
  readonly #json: boolean;
  readonly #progress: Progress;
  #timer: NodeJS.Timeout | null = null;

  constructor(_place: NoticePlace, given: Given) {
    this.#json = isGiven(given, "json");
    this.#progress = new Progress({ phase: "notices", total: null });
  }

  begin(sender: Sender): void {
    const began = performance.now();
    this.#timer = setInterval(() => {
      const { figures, total } = sender;
      const done = figures.sent + figures.refused + figures.doubt;
      if (!this.#json) {
        this.#progress.tell({ total });
        this.#progress.set(done);
        return;
      }
      const perSecond = done / ((performance.now() - began) / 1_000);
      const secondsLeft = perSecond > 0 ? Math.round(Math.max(0, total - done) / perSecond) : null;
      const line = { ...figures, total, perSecond: Math.round(perSecond), secondsLeft };
      process.stdout.write(`${JSON.stringify(line)}\n`);
    }, 1_000);
  }

  end(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
    this.#progress.end();
  }
}

/** Samples go to an address of the organisation's own; they count for nobody. */
async function sendTests(place: NoticePlace, given: Given, address: string): Promise<number> {
  const { room, settings, timeZone, textsFolder: folder } = place;
  const mailbox = mailboxOf(address);
  if (mailbox === null) {
    throw new SekishoError("usage", "Cannot send a test: that is no mail address", {
      hint: "give one of yours: --test watch@agency.example",
    });
  }
  const campaign = await campaignOf(place, given);
  const dkim = await openKeys(room, settings);
  const { body, problems } = await makeVersion(room, campaign, { settings, folder, dkim });
  if (problems.length > 0) {
    throw new SekishoError("not-permitted", `Cannot send a test: ${problems.length} rules are broken`, {
      hint: "see them with: sekisho notice lint",
    });
  }
  const composer = new Composer({ campaign, body, dkim, timeZone });
  const pool = new ServerPool(settings, settings.helloName ?? hostname());
  const told: { group: string; answer: string }[] = [];
  try {
    for (const { profile, language } of await countGroups(room, campaign)) {
      const person = samplePerson(address, profile, language);
      const second = Math.floor(room.now().epochMilliseconds / 1_000);
      const composed = await composer.compose({ number: 0, step: 1, person, profile, language }, second);
      if (composed === null) continue;
      const handed = await pool.send(composed, () => {});
      const answer = "reply" in handed ? printAnswer(handed.reply) : handed.why;
      told.push({ group: `${profile}.${language}`, answer });
    }
  } finally {
    await pool.close();
  }
  await room.record({
    kind: "enforced",
    code: "notice-tests-sent",
    about: { campaign: campaign.name },
    data: { samples: told.length },
  });
  print(given, told, () => printTable(told.map(({ group, answer }) => [group, answer])));
  return told.every(({ answer }) => answer.startsWith("2")) ? 0 : 1;
}

function stopVerb(act: "pause" | "stop"): NoticeVerb {
  const what = act === "pause" ? "pause" : "stop";
  const after = act === "pause" ? "resume goes on." : "To go on, two people have to release it again.";
  return {
    summary: act === "pause" ? "pause a campaign" : "the kill switch: end a campaign at once",
    help: `sekisho notice ${what} --as NAME [--reason TEXT]

Ends the sending within a tenth of a second, also where another process sends; what is on its way at that
moment gets its answer. ${after} Who and why is in the ledger.
`,
    options: { as: { type: "string" }, reason: { type: "string" } },
    writes: true,
    async run(place, given) {
      const by = needText(given, "as", `say who orders it: --as "Hanako Sato"`);
      const reason = textIn(given, "reason") ?? "";
      const campaign = await campaignOf(place, given);
      const state = stopStates[act];
      // The state first: a sender on another machine sees it at its next look.
      await setCampaign(place.room, campaign, { state });
      await recordState(place.room, campaign, {
        ...{ code: act === "stop" ? "notice-stopped" : "notice-paused", by, reason, state },
      });
      if (act === "stop")
        await setCampaign(place.room, campaign, { text_version: null, release_entry: null });
      print(given, { campaign: campaign.name, state }, () => `${campaign.name} is ${state}\n`);
      return 0;
    },
  };
}
export const pauseVerb = stopVerb("pause");
export const stopVerbOfAll = stopVerb("stop");

export const resumeVerb: NoticeVerb = {
  summary: "let a paused campaign go on",
  help: `sekisho notice resume --as NAME [--reason TEXT]

A paused campaign may be sent again; then run: sekisho notice send. A stopped one needs two releases.
`,
  options: { as: { type: "string" }, reason: { type: "string" } },
  writes: true,
  async run(place, given) {
    const by = needText(given, "as", 'say who orders it: --as "Hanako Sato"');
    const campaign = await campaignOf(place, given);
    if (campaign.state !== "paused" || campaign.releaseEntry === null) {
      throw new SekishoError("conflict", `Cannot resume: the campaign is ${campaign.state}`, {
        hint: campaign.state === "stopped" ? "release it again, by two people" : "see sekisho notice status",
      });
    }
    const { living } = await findRuns(place.room, campaign);
    const reason = textIn(given, "reason") ?? "";
    await recordState(place.room, campaign, { code: "notice-resumed", by, reason, state: "released" });
    print(given, { campaign: campaign.name, state: "released", senders: living.length }, () => {
      return `${campaign.name} may go on: sekisho notice send\n`;
    });
    return 0;
  },
};
