import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { sql } from "kysely";
import { returnAddress } from "./compose/returnPath.ts";
import { testPerson } from "./testNotices.ts";
import type { ListedPerson } from "./list/person.ts";
import type { Campaign, NoticeRoom } from "./store/campaign.ts";
import { addressIn, type Way } from "./testSink.ts";

/** Of a hundred persons, 15 bounce in eight ways and 3 stall after DATA. */
const rare: [Way, number][] = [
  ["refuses-recipient", 4],
  ["refuses-body", 2],
  ["refuses-sender", 1],
  ["closes", 1],
  ["bounces-dsn", 3],
  ["bounces-qmail", 1],
  ["bounces-exchange", 2],
  ["defers-forever", 1],
  ["greylists", 2],
  ["stalls-taken", 2],
  ["stalls-lost", 1],
];
const ways: Way[] = rare.flatMap(([way, count]) => Array.from({ length: count }, () => way));

export const wayOfNumber = (number: number): Way => ways[(number * 37) % 100] ?? "takes";

/** The list of the test of a million: each third person has a second address, which works. */
export function* killedPersons(count: number): Generator<ListedPerson> {
  for (let number = 1; number <= count; number += 1) {
    const domain = `mail${number % 50}.example.jp`;
    const first = addressIn(wayOfNumber(number), number, domain);
    const second = number % 3 === 0 ? [addressIn("takes", number, `second${number % 7}.example.jp`)] : [];
    yield testPerson(number, {
      emails: [first, ...second],
      address: number % 5 === 0 ? "" : "東京都千代田区",
    });
  }
}

export type Ran = {
  killed: boolean;
  sent: number;
  memoryMax: number;
  cpuSeconds: number;
  seconds: number;
  why: string;
  recovered: Record<string, number> | null;
};

/** Kills after so many milliseconds, or a random while after so many mails. */
export type Kill = { ms: number } | { mails: number };

/** Runs a sender in a process of its own, and kills it without warning. */
export function runSender(
  given: { folder: string; databaseUrl?: string | undefined; port: number; settings: object },
  kill: Kill | null,
): Promise<Ran> {
  const program = new URL("./testKilledSender.ts", import.meta.url).pathname;
  const child = spawn(
    process.execPath,
    ["--disable-warning=ExperimentalWarning", program, JSON.stringify(given)],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  const ran: Ran = {
    killed: false,
    sent: 0,
    memoryMax: 0,
    cpuSeconds: 0,
    seconds: 0,
    why: "",
    recovered: null,
  };
  let timer: NodeJS.Timeout | null = null;
  createInterface({ input: child.stdout }).on("line", (line) => {
    const told = JSON.parse(line) as {
      ready?: boolean;
      memory?: number;
      sent?: number;
      cpuSeconds?: number;
      seconds?: number;
      end?: { why: string; recovered: Record<string, number> };
    };
    const isDue =
      kill !== null &&
      ("ms" in kill ? told.ready === true : (told.sent ?? 0) >= kill.mails && told.end === undefined);
    if (isDue) {
      timer ??= setTimeout(
        () => {
          ran.killed = true;
          child.kill("SIGKILL");
        },
        "ms" in kill ? kill.ms : Math.random() * 250,
      );
    }
    ran.sent = Math.max(ran.sent, told.sent ?? 0);
    ran.memoryMax = Math.max(ran.memoryMax, told.memory ?? 0);
    ran.cpuSeconds = told.cpuSeconds ?? 0;
    ran.seconds = told.seconds ?? 0;
    if (told.end !== undefined) {
      ran.why = told.end.why;
      ran.recovered = told.end.recovered;
      // It has ended by itself: closing is not what is killed.
      if (timer !== null) clearTimeout(timer);
    }
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("exit", (code, signal) => {
      if (timer !== null) clearTimeout(timer);
      if (code === 0 || signal === "SIGKILL") resolve(ran);
      else reject(new Error(`the sender ended with ${code}`));
    });
  });
}

export type Verdict = {
  persons: number;
  byState: Record<string, number>;
  /** Notices that a server took more than once, from one return address. */
  twice: number;
  /** Persons whom the store calls sent though the server took nothing. */
  sentNotTaken: number;
  /** Persons whom a server took, and the store calls neither sent nor in doubt. */
  takenNotSent: number;
  /** Persons who are still queued, leased or being handed over. */
  skipped: number;
  doubt: number;
  /** Of the persons in doubt, those whose servers never stall: what the kills left. */
  doubtByKill: number;
  /** Sent, refused for good or in doubt, and in no ledger entry. */
  withoutProof: number;
};

/** Holds what the store says against what the server saw, person by person. */
export async function judgeKills(
  room: NoticeRoom,
  campaign: Campaign,
  taken: ReadonlyMap<string, number>,
): Promise<Verdict> {
  const verdict: Verdict = {
    ...{ persons: 0, byState: {}, twice: 0, sentNotTaken: 0, takenNotSent: 0, skipped: 0 },
    ...{ doubt: 0, doubtByKill: 0, withoutProof: 0 },
  };
  type Row = { number: number; person: string; state: string; step: number; proven: boolean };
  for (let after = 0; ;) {
    const { rows } = await sql<Row>`select s.number, p.person, s.state, s.step, b.place is not null as proven
      from notice_send s join notice_person p using (number)
        left join notice_batch b on b.entry = s.batch
      where s.campaign = ${campaign.id} and s.seed = 0 and s.number > ${after}
      order by s.number limit 20000`.execute(room.db);
    for (const row of rows)
      judgeRow(verdict, row, (step) => timesTaken(campaign, taken, Number(row.number), step));
    const last = rows.at(-1);
    if (last === undefined) return verdict;
    after = Number(last.number);
  }
}

function timesTaken(
  { id, keys }: Campaign,
  taken: ReadonlyMap<string, number>,
  number: number,
  step: number,
): number {
  return taken.get(returnAddress({ campaign: id, number, step }, keys, "bounce.agency.example")) ?? 0;
}

function judgeRow(
  verdict: Verdict,
  { state, step, person, proven }: { state: string; step: number; person: string; proven: boolean },
  times: (step: number) => number,
): void {
  verdict.persons += 1;
  verdict.byState[`${state} ${step}`] = (verdict.byState[`${state} ${step}`] ?? 0) + 1;
  const both = [times(1), times(2)] as const;
  if (both[0] > 1 || both[1] > 1) verdict.twice += 1;
  if (["queued", "leased", "handing"].includes(state)) verdict.skipped += 1;
  if (state === "sent" && both[step - 1] !== 1) verdict.sentNotTaken += 1;
  const way = wayOfNumber(Number(person.slice(1)));
  // What was taken and came back later was sent, and is not any more.
  if (state !== "sent" && state !== "doubt" && !way.startsWith("bounces") && both[0] + both[1] > 0)
    verdict.takenNotSent += 1;
  if ((state === "sent" || state === "doubt") && !proven) verdict.withoutProof += 1;
  if (state !== "doubt") return;
  verdict.doubt += 1;
  if (!way.startsWith("stalls") || step !== 1) verdict.doubtByKill += 1;
}
