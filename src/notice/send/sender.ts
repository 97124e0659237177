import assert from "node:assert/strict";
import { hash } from "node:crypto";
import { sql } from "kysely";
import type { EntryId } from "../../ledger/entry.ts";
import { SekishoError, textOfError } from "../../lib/error.ts";
import { Turn } from "../../lib/turn.ts";
import type { Composed, Composer } from "../compose/composer.ts";
import type { NoticeSettings } from "../settings.ts";
import { recordState, StopSwitch } from "./stopSwitch.ts";
import type { Campaign, NoticeRoom } from "../store/campaign.ts";
import { Batches } from "./batches.ts";
import { Journal, type Answer } from "./journal.ts";
import { giveBack, lease, markHanding } from "./lease.ts";
import { printAnswer, statusOf } from "./replyReader.ts";
import {
  abandonRun,
  beginRun,
  endRun,
  findRuns,
  journalFolder,
  noteRun,
  recoverRuns,
  type Recovered,
} from "./runs.ts";
import { queueSeeds } from "./seeds.ts";
import { ServerPool } from "./serverPool.ts";
import { isFinal, settle, type Settled } from "./settle.ts";
import type { HandedOver } from "./smtpConnection.ts";
import { msUntilWindow } from "./timeWindow.ts";
import { WaitingLanes, type Ready } from "./waitingLanes.ts";

export const limits = {
  /** Notices that are marked as being handed over in one statement. */
  sliceMax: 64,
  settleMs: 20,
  idleMs: 20,
  laterMs: 1_000,
  unsentRestMs: 500,
  unsentRestMsMax: 30_000,
  /** Of so many answers in a row, more than half refused for good ends the sending. */
  watched: 200,
} as const;

/** What a sender has done so far; rates are for whoever shows them. */
export type SendFigures = {
  sent: number;
  refused: number;
  deferred: number;
  doubt: number;
  unsent: number;
};

export type SendEnd = SendFigures & {
  why: "done" | "later" | "stopped";
  detail: string;
  recovered: Recovered;
};

type Options = {
  settings: NoticeSettings;
  timeZone: string;
  helloName: string;
  composer: Composer;
  version: string;
  release: EntryId;
  /** Ends when only tries at a later time are left, instead of waiting for them. */
  once?: boolean;
  onProgress?: (figures: SendFigures) => void;
  /** What goes wrong with servers, a sentence at a time. */
  onProblem?: (problem: string) => void;
};

type Handing = Ready & { composed: Composed; second: number; hash: string };

/** Sends a campaign's queued notices. One object, one run. */
export class Sender {
  readonly #room: NoticeRoom;
  readonly #campaign: Campaign;
  readonly #options: Options;
  readonly #lanes: WaitingLanes;
  readonly #pool: ServerPool;
  readonly #settling = new Turn();
  readonly #figures: SendFigures = { sent: 0, refused: 0, deferred: 0, doubt: 0, unsent: 0 };
  #run = 0;
  #journal!: Journal;
  #batches!: Batches;
  #switch!: StopSwitch;
  #open: (Settled & { handing: Handing })[] = [];
  #unsent: number[] = [];
  #onTheWay = 0;
  #unsentInRow = 0;
  #restsUntil = 0;
  #lastOutcomes: boolean[] = [];
  #settleTimer: NodeJS.Timeout | null = null;
  #settleFailed = false;
  #total = 0;

  constructor(room: NoticeRoom, campaign: Campaign, options: Options) {
    this.#room = room;
    this.#campaign = campaign;
    this.#options = options;
    this.#lanes = new WaitingLanes(options.settings.rates, this.#now());
    this.#pool = new ServerPool(options.settings, options.helloName);
  }

  #now(): number {
    return this.#room.now().epochMilliseconds;
  }

  get figures(): SendFigures {
    return { ...this.#figures };
  }

  /** Sends until nothing is left, or until it is told to stop. */
  async run(): Promise<SendEnd> {
    const { living } = await findRuns(this.#room, this.#campaign);
    if (living.length > 0) {
      throw new SekishoError("conflict", "Cannot send: another process sends this campaign already", {
        hint: "see sekisho notice status; sekisho notice pause ends the other one in order",
      });
    }
    const { settings, version, release } = this.#options;
    this.#run = await beginRun(this.#room, this.#campaign);
    const recovered = await recoverRuns(this.#room, this.#campaign, settings.retry);
    this.#journal = new Journal(journalFolder(this.#room), this.#run);
    this.#batches = new Batches(this.#room, this.#campaign, { run: this.#run, version, release });
    this.#switch = new StopSwitch(this.#room, this.#campaign);
    const heart = setInterval(() => void noteRun(this.#room, this.#run).catch(() => {}), 30_000);
    let why: SendEnd["why"];
    try {
      why = await this.#work();
    } finally {
      clearInterval(heart);
      await this.#end();
    }
    return { ...this.#figures, why, detail: this.#switch.why ?? "", recovered };
  }

  async #work(): Promise<SendEnd["why"]> {
    await queueSeeds(this.#room, this.#campaign, 1);
    this.#total = await this.#count();
    let half = false;
    for (;;) {
      if (this.#switch.why !== null) return "stopped";
      const closed = msUntilWindow(this.#room.now(), this.#options.settings.window, this.#options.timeZone);
      if (closed > 0 || this.#now() < this.#restsUntil) {
        await this.#giveBackWaiting();
        await sleep(Math.min(limits.laterMs, closed > 0 ? closed : limits.idleMs));
        continue;
      }
      if (!half && this.#figures.sent * 2 >= this.#total) {
        half = true;
        await queueSeeds(this.#room, this.#campaign, 2);
      }
      const leased = await this.#fill();
      if ((await this.#handSlice()) > 0) continue;
      if (this.#onTheWay > 0 || this.#lanes.count > 0 || leased > 0) {
        await sleep(limits.idleMs);
        continue;
      }
      await this.#settleAll();
      if (await queueSeeds(this.#room, this.#campaign)) continue;
      const left = await this.#left();
      if (left.now > 0) continue;
      if (left.later === 0) return "done";
      if (this.#options.once === true) return "later";
      await sleep(limits.laterMs);
    }
  }

  /** How many notices are to be sent. */
  async #count(): Promise<number> {
    const { rows } = await sql<{ count: string | number }>`select count(*) as count from notice_send
      where campaign = ${this.#campaign.id} and state = 'queued'`.execute(this.#room.db);
    return Number(rows[0]?.count ?? 0);
  }

  get total(): number {
    return this.#total;
  }

  async #left(): Promise<{ now: number; later: number }> {
    const at = this.#room.now().toString();
    const { rows } = await sql<{ now: number; later: number }>`
      select count(*) filter (where next_at <= ${at}::timestamptz)::integer as now,
        count(*) filter (where next_at > ${at}::timestamptz)::integer as later
      from (select next_at from notice_send where campaign = ${this.#campaign.id} and state = 'queued'
        order by next_at limit 1000) q`.execute(this.#room.db);
    return rows[0] ?? { now: 0, later: 0 };
  }

  /** Leases for lanes that have room. Nothing is asked for while most lanes are full. */
  async #fill(): Promise<number> {
    const wanted = Math.max(limits.sliceMax * 8, this.#pool.width * 4);
    if (this.#lanes.count >= wanted / 2) return 0;
    const room = this.#lanes.room();
    if (room.size === 0) return 0;
    const most = wanted - this.#lanes.count;
    const leased = await lease(this.#room, this.#campaign, { run: this.#run, room, most });
    for (const one of leased) this.#lanes.add(one);
    return leased.length;
  }

  /** Composes a slice, marks it as being handed over, and sends it off; gives how many went. */
  async #handSlice(): Promise<number> {
    const free = this.#pool.width * 2 - this.#onTheWay;
    if (free <= 0 || (free < limits.sliceMax / 2 && free < this.#pool.width)) return 0;
    const ready = this.#lanes.take(Math.min(free, limits.sliceMax), this.#now());
    if (ready.length === 0) return 0;
    const second = Math.floor(this.#now() / 1_000);
    const made = await Promise.all(ready.map((one) => this.#compose(one, second)));
    const handing = made.filter((one) => one !== null);
    // A queued person has an address: list and composer go by the same function.
    assert(handing.length === made.length);
    const notices = handing.map(({ leased, hash: own }) => ({ number: leased.number, hash: own, second }));
    const marked = await markHanding(this.#room, this.#campaign, { run: this.#run, notices });
    for (const one of handing) if (marked.has(one.leased.number)) void this.#hand(one);
    return marked.size;
  }

  async #compose(ready: Ready, second: number): Promise<Handing | null> {
    const composed = await this.#options.composer.compose(ready.leased, second);
    if (composed === null) return null;
    return { ...ready, composed, second, hash: hash("sha256", composed.message) };
  }

  async #hand(handing: Handing): Promise<void> {
    this.#onTheWay += 1;
    try {
      const { composed, leased } = handing;
      if (this.#switch.why !== null) {
        this.#unsent.push(leased.number);
        return;
      }
      const mail = { ...composed, domain: handing.domain };
      const handed = await this.#pool.send(mail, () => {
        // The last look before the mail is complete.
        if (this.#switch.why !== null) throw new Error("stopped");
        this.#journal.begun(leased.number);
      });
      this.#took(handing, handed);
    } catch (error) {
      // What cannot be written down must not go on.
      this.#switch.throw(textOfError(error));
      this.#unsent.push(handing.leased.number);
    } finally {
      this.#onTheWay -= 1;
      this.#scheduleSettle();
    }
  }

  #took(handing: Handing, handed: HandedOver): void {
    const { leased, domain } = handing;
    const now = this.#now();
    const bucket = this.#lanes.bucketOf(domain, now);
    // A relay that is away is our matter; a recipient's server that is away counts as a try.
    const away = handed.end === "unsent" && this.#options.settings.route === "relays";
    if (handed.end === "unsent" && (away || this.#switch.why !== null)) {
      this.#figures.unsent += 1;
      this.#unsent.push(leased.number);
      this.#rest(handed.why, now);
      return;
    }
    this.#unsentInRow = 0;
    const answer = answerOf(handed, now);
    this.#journal.answered(leased.number, answer);
    this.#figures[answer.outcome] += 1;
    // x.1.x and x.2.x speak of one mailbox (RFC 3463 3.2, 3.3), the others of the server.
    const { firstMinutes } = this.#options.settings.retry;
    if (answer.outcome === "deferred" && !/^4\.[12]\./.test(answer.status))
      bucket.backOff(now, firstMinutes * 60_000);
    else if (answer.outcome === "sent") bucket.recover();
    this.#watch(answer);
    this.#open.push({ handing, leased, domain, answer, batch: null });
  }

  /** A server that cannot be reached is left alone for a while, ever longer. */
  #rest(why: string, now: number): void {
    if (this.#switch.why !== null) return;
    this.#unsentInRow += 1;
    if (this.#unsentInRow % 50 === 1) this.#options.onProblem?.(why);
    if (this.#unsentInRow < 5) return;
    const rest = limits.unsentRestMs * 2 ** Math.min(6, Math.floor(this.#unsentInRow / 5) - 1);
    this.#restsUntil = Math.max(this.#restsUntil, now + Math.min(limits.unsentRestMsMax, rest));
  }

  /** When most are refused for good, it is us and not the addresses: letters to everyone would be wrong. */
  #watch({ outcome }: Answer): void {
    this.#lastOutcomes.push(outcome === "refused");
    if (this.#lastOutcomes.length > limits.watched) this.#lastOutcomes.shift();
    if (this.#lastOutcomes.length < limits.watched) return;
    if (this.#lastOutcomes.filter(Boolean).length > limits.watched / 2)
      this.#switch.throw(`more than half of the last ${limits.watched} were refused for good`);
  }

  #scheduleSettle(): void {
    if (this.#open.length + this.#unsent.length >= limits.sliceMax) {
      void this.#settleAll();
      return;
    }
    this.#settleTimer ??= setTimeout(() => {
      this.#settleTimer = null;
      void this.#settleAll();
    }, limits.settleMs);
  }

  #settleAll(): Promise<void> {
    return this.#settling.take(async () => {
      const [open, unsent] = [this.#open.splice(0), this.#unsent.splice(0)];
      try {
        const full = await this.#batch(open);
        const { retry } = this.#options.settings;
        await settle(this.#room, this.#campaign, { run: this.#run, settled: open, retry });
        await giveBack(this.#room, this.#run, unsent);
        for (const batch of full) await this.#batches.write(batch);
      } catch (error) {
        // The journal holds the answers: the next run settles them.
        this.#settleFailed = true;
        this.#switch.throw(`cannot write down what was answered: ${textOfError(error)}`);
      }
      this.#options.onProgress?.(this.#figures);
    });
  }

  async #batch(open: (Settled & { handing: Handing })[]): Promise<Parameters<Batches["write"]>[0][]> {
    const full = [];
    for (const one of open) {
      if (!isFinal(one.leased, one.answer, this.#options.settings.retry)) continue;
      const { hash: own, second } = one.handing;
      const added = await this.#batches.add({
        number: one.leased.number,
        step: one.leased.step,
        outcome: one.answer.outcome,
        hash: own,
        second,
        heard: one.answer.at,
        answer: one.answer.text,
      });
      one.batch = added.id;
      if (added.full !== null) full.push(added.full);
    }
    return full;
  }

  async #giveBackWaiting(): Promise<void> {
    const waiting = this.#lanes.clear();
    const numbers = waiting.map(({ leased }) => leased.number);
    await giveBack(this.#room, this.#run, numbers);
  }

  /** Waits for what is on the way, writes everything down, and leaves nothing leased. */
  async #end(): Promise<void> {
    while (this.#onTheWay > 0) await sleep(limits.idleMs);
    if (this.#settleTimer !== null) clearTimeout(this.#settleTimer);
    await this.#settleAll();
    await this.#switch.end();
    await this.#pool.close();
    this.#journal.close();
    if (this.#settleFailed) {
      abandonRun(this.#run);
      return;
    }
    await giveBack(this.#room, this.#run, null);
    await this.#batches.end();
    const detail = this.#switch.why;
    if (detail !== null && !["paused", "stopped", "open", "released"].includes(detail))
      await recordState(this.#room, this.#campaign, {
        ...{ code: "notice-paused", by: "sekisho", reason: detail, state: "paused" as const },
      });
    await endRun(this.#room, this.#run);
  }
}

function answerOf(handed: HandedOver, at: number): Answer {
  if (handed.end === "unsent") return { outcome: "deferred", status: "4.4.1", text: handed.why, at };
  if (handed.end === "doubt") return { outcome: "doubt", status: "4.0.0", text: handed.why, at };
  const { reply } = handed;
  const text = printAnswer(reply);
  if (handed.end === "sent") return { outcome: "sent", status: statusOf(reply), text, at };
  const passes = reply.code < 500;
  return { outcome: passes ? "deferred" : "refused", status: statusOf(reply), text, at };
}

const sleep = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));
