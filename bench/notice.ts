import { spawn, spawnSync } from "node:child_process";
import { createReadStream, mkdtempSync, rmSync, statSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { dkimVerify } from "mailauth/lib/dkim/verify.js";
import { createTransport } from "nodemailer";
import { startTestPostgres } from "../src/lib/sql/testStores.ts";
import { BounceTaker, limits as bounceLimits, type BounceMail } from "../src/notice/bounce/takeBounce.ts";
import { Composer, type Addressee } from "../src/notice/compose/composer.ts";
import { recordOf, type DkimKey } from "../src/notice/compose/dkim.ts";
import { findPersons } from "../src/notice/list/findPersons.ts";
import { importList } from "../src/notice/list/importList.ts";
import { releaseCampaign } from "../src/notice/release.ts";
import { ServerPool } from "../src/notice/send/serverPool.ts";
import { getCampaign, takeCampaign, type NoticeRoom } from "../src/notice/store/campaign.ts";
import { CampaignKeys } from "../src/notice/store/campaignKeys.ts";
import { bounceMails } from "../src/notice/testBounces.ts";
import { judgeKills, killedPersons, runSender, type Kill } from "../src/notice/testKills.ts";
import { listOf, openTestRoom, testPerson, testSettings, writeTestTexts } from "../src/notice/testNotices.ts";
import { getVersion, makeVersion, openKeys } from "../src/notice/texts/version.ts";

/**
 * node bench/notice.ts speed [MAILS]    mails per CPU-second, beside nodemailer; a sample is verified
 * node bench/notice.ts million [PERSONS] [KILLS]    the whole way in PostgreSQL, with kills; all are counted
 * node bench/notice.ts lookup [PERSONS]        how long the hotline's look-up takes
 * BENCH_FOLDER says where data lies (default: the system's temporary folder).
 */
const [mode = "speed", ...counts] = process.argv.slice(2);
const folder = mkdtempSync(join(process.env["BENCH_FOLDER"] ?? tmpdir(), "sekisho-bench-notice-"));
const tell = (text: string): void => void process.stdout.write(`${text}\n`);
const timeZone = "Asia/Tokyo";

try {
  tell(`${cpus()[0]?.model ?? ""}, ${cpus().length} cores, Node ${process.version}`);
  if (mode === "speed") await measureSpeed(Number(counts[0] ?? 10_000));
  else if (mode === "million") await runMillion(Number(counts[0] ?? 1_000_000), Number(counts[1] ?? 20));
  else if (mode === "lookup") await measureLookup(Number(counts[0] ?? 1_000_000));
  else throw new Error(`no bench "${mode}"`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

type Sink = { port: number; taken: string; bouncing: string; end(): Promise<number> };

async function startSink(): Promise<Sink> {
  const [taken, bouncing] = [join(folder, "taken"), join(folder, "bouncing")];
  const program = new URL("./notice/sink.ts", import.meta.url).pathname;
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", program, taken, bouncing], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const port = Number((await lines.next()).value);
  const end = async (): Promise<number> => {
    child.stdin.end();
    const { cpuSeconds } = JSON.parse(String((await lines.next()).value)) as { cpuSeconds: number };
    return cpuSeconds;
  };
  return { port, taken, bouncing, end };
}

async function prepare(room: NoticeRoom, port: number, persons: number, more: object): Promise<void> {
  const texts = join(folder, "texts");
  writeTestTexts(texts);
  const settings = testSettings(port, more);
  const source = { name: "x", sha256: "0".repeat(64) };
  const bad = (): never => {
    throw new Error("a made person is not taken");
  };
  await importList(room, await takeCampaign(room, "june"), listOf(killedPersons(persons)), {
    ...{ source, onBad: bad },
  });
  const campaign = await getCampaign(room, "june");
  const dkim = await openKeys(room, settings);
  const version = await makeVersion(room, campaign, { settings, folder: texts, dkim });
  for (const by of ["佐藤 花子", "鈴木 一郎"])
    await releaseCampaign(room, campaign, { version, by, authenticated: false });
}

async function timed<Result>(what: string, act: () => Promise<Result>): Promise<Result> {
  const [from, before] = [performance.now(), process.cpuUsage()];
  const result = await act();
  const { user, system } = process.cpuUsage(before);
  const seconds = (performance.now() - from) / 1_000;
  const memory = Math.round(process.memoryUsage().rss / 1024 ** 2);
  tell(`${what}: ${seconds.toFixed(1)} s, ${((user + system) / 1e6).toFixed(1)} CPU-s, ${memory} MB`);
  return result;
}

async function runMillion(persons: number, kills: number): Promise<void> {
  const postgres = startTestPostgres();
  try {
    const databaseUrl = await postgres.newDatabase();
    const sink = await startSink();
    const place = { folder: join(folder, "data"), databaseUrl };
    const more = { connections: 64, answerSeconds: 0.5, retry: { attemptsMax: 2, firstMinutes: 0 } };
    let room = await openTestRoom(place);
    await timed(`import of ${persons}`, () => prepare(room, sink.port, persons, more));
    await room.close();
    let [memory, recovered] = [0, 0];
    const send = async (kill: Kill | null): Promise<boolean> => {
      const ran = await runSender({ ...place, port: sink.port, settings: more }, kill);
      memory = Math.max(memory, ran.memoryMax);
      recovered += ran.recovered?.["doubt"] ?? 0;
      const told = ran.killed ? "killed" : `${ran.why}, ${ran.cpuSeconds.toFixed(0)} CPU-s`;
      tell(
        `  sender: ${told}, ${ran.sent} mails; highest ${Math.round(ran.memoryMax / 1024 ** 2)} MB so far`,
      );
      return ran.killed;
    };
    await timed(`sending with ${kills} kills`, async () => {
      // Each sender is killed at a random moment after its share.
      const mails = Math.floor((persons * 0.8) / (kills + 1));
      for (let kill = 0; kill < kills; kill += 1) await send({ mails });
      await send(null);
    });
    room = await openTestRoom(place);
    await timed("bounces", () => takeBounces(room, sink.bouncing));
    await room.close();
    await timed("sending to second addresses", () => send(null));
    tell(`sink: ${(await sink.end()).toFixed(0)} CPU-s`);
    room = await openTestRoom(place);
    await tellVerdict(room, sink.taken);
    tell(`highest memory of a sender: ${Math.round(memory / 1024 ** 2)} MB`);
    tell(`taken up by the last start, in doubt: ${recovered}`);
    tell(`ledger: ${megabytesOf(join(place.folder, "ledger"))} MB`);
    await room.close();
  } finally {
    postgres.stop();
  }
}

async function tellVerdict(room: NoticeRoom, taken: string): Promise<void> {
  const verdict = await judgeKills(room, await getCampaign(room, "june"), await readTaken(taken));
  tell(JSON.stringify(verdict, null, 2));
}

function megabytesOf(path: string): string {
  return spawnSync("du", ["-sm", path], { encoding: "utf8" }).stdout.split("\t")[0] ?? "?";
}

async function readTaken(path: string): Promise<Map<string, number>> {
  const taken = new Map<string, number>();
  for await (const line of createInterface({ input: createReadStream(path) }))
    taken.set(line, (taken.get(line) ?? 0) + 1);
  return taken;
}

async function takeBounces(room: NoticeRoom, path: string): Promise<void> {
  const taker = new BounceTaker(room, { softBounceHours: 0 });
  const makers = { 5: bounceMails.dsn, 6: bounceMails.qmail, 7: bounceMails.exchange } as const;
  let mails: BounceMail[] = [];
  const kinds: Record<string, number> = {};
  const flush = async (): Promise<void> => {
    for (const { kind, way } of await taker.take(mails.splice(0)))
      kinds[`${kind} by ${way}`] = (kinds[`${kind} by ${way}`] ?? 0) + 1;
  };
  if (statSync(path).size === 0) return;
  for await (const line of createInterface({ input: createReadStream(path) })) {
    const [way = "5", from = "", to = ""] = line.split(" ");
    const text = makers[Number(way) as keyof typeof makers](from, to);
    mails.push({ bytes: Buffer.from(text), envelopeRecipient: null });
    if (mails.length >= bounceLimits.batchMails) await flush();
  }
  if (mails.length > 0) await flush();
  mails = [];
  tell(`  ${JSON.stringify(kinds)}`);
}

async function measureSpeed(mails: number): Promise<void> {
  const sink = await startSink();
  const room = await openTestRoom({ folder: join(folder, "data") });
  const settings = testSettings(sink.port, { connections: 16 });
  await prepare(room, sink.port, 1_000, {});
  const campaign = await getCampaign(room, "june");
  const body = await getVersion(room, campaign, campaign.textVersion ?? "");
  // 5 KB of Japanese text, as a notice has.
  const padding = "お客様には多大なご迷惑とご心配をおかけし、心よりお詫び申し上げます。".repeat(30);
  const file = "standard.ja.txt";
  const longer = { ...body, texts: { ...body.texts, [file]: `${body.texts[file] ?? ""}${padding}\n` } };
  const dkim = await openKeys(room, settings);
  const keys = new CampaignKeys(Buffer.alloc(32, 1));
  const composer = new Composer({ campaign: { id: 1, keys }, body: longer, dkim, timeZone });
  const addressee = (number: number): Addressee => ({
    ...{ number, step: 1, profile: "standard", language: "ja" },
    person: testPerson(number, { emails: [`way0.${number}@mail.example.jp`] }),
  });
  const sample = await composer.compose(addressee(1), 1_466_000_000);
  tell(`a message has ${sample?.message.length ?? 0} bytes`);
  await perCpu("composed and signed (RSA-2048)", mails, async (number) => {
    await composer.compose(addressee(number), 1_466_000_000);
  });
  const pool = new ServerPool(settings, "mail.agency.example");
  await perCpu("composed, signed, sent by our client", mails, async (number) => {
    const composed = await composer.compose(addressee(number), 1_466_000_000);
    if (composed !== null) await pool.send(composed, () => {});
  });
  await pool.close();
  await measureNodemailer(composer, { addressee, mails, port: sink.port, key: dkim[0] as DkimKey });
  await verifySample(composer, addressee, new Map(dkim.map(recordOf).map(({ name, text }) => [name, text])));
  tell(`sink: ${(await sink.end()).toFixed(1)} CPU-s`);
  await room.close();
}

async function measureNodemailer(
  composer: Composer,
  given: { addressee: (number: number) => Addressee; mails: number; port: number; key: DkimKey },
): Promise<void> {
  const { addressee, mails, port, key } = given;
  const pem = key.key.export({ type: "pkcs8", format: "pem" }) as string;
  const transport = createTransport({
    ...{ host: "127.0.0.1", port, pool: true, maxConnections: 16, ignoreTLS: true },
    maxMessages: 500,
    dkim: { domainName: "agency.example", keySelector: "notice", privateKey: pem },
  });
  const from = "info@agency.example";
  await perCpu("nodemailer with DKIM", Math.min(mails, 5_000), async (number) => {
    const { subject, body: text } = composer.text(addressee(number));
    await transport.sendMail({
      from,
      to: `way0.${number}@mail.example.jp`,
      subject,
      text,
      encoding: "base64",
    });
  });
  transport.close();
}

async function perCpu(what: string, mails: number, act: (number: number) => Promise<void>): Promise<void> {
  const lanes = Array.from({ length: 32 }, (_, lane) => lane);
  await Promise.all(lanes.map((lane) => act(lane)));
  const [from, before] = [performance.now(), process.cpuUsage()];
  await Promise.all(
    lanes.map(async (lane) => {
      for (let number = lane; number < mails; number += lanes.length) await act(number);
    }),
  );
  const { user, system } = process.cpuUsage(before);
  const cpu = (user + system) / 1e6;
  const seconds = (performance.now() - from) / 1_000;
  tell(`${what}: ${Math.round(mails / cpu)} a CPU-second, ${Math.round(mails / seconds)} a second`);
}

async function verifySample(
  composer: Composer,
  addressee: (number: number) => Addressee,
  records: ReadonlyMap<string, string>,
): Promise<void> {
  let passed = 0;
  for (let number = 0; number < 100; number += 1) {
    const composed = await composer.compose(addressee(number * 97), 1_466_000_000 + number);
    const resolver = async (name: string): Promise<string[][]> => [[records.get(name) ?? ""]];
    const { results } = await dkimVerify(composed?.message ?? "", { resolver });
    if (results.every(({ status }) => status.result === "pass") && results.length > 0) passed += 1;
  }
  tell(`mailauth's dkimVerify: ${passed} of 100 pass`);
}

async function measureLookup(persons: number): Promise<void> {
  const postgres = startTestPostgres();
  try {
    const room = await openTestRoom({
      folder: join(folder, "data"),
      databaseUrl: await postgres.newDatabase(),
    });
    await timed(`import of ${persons}`, () => prepare(room, 25, persons, {}));
    const campaign = await getCampaign(room, "june");
    const took: number[] = [];
    for (let ask = 0; ask < 5_000; ask += 1) {
      const number = 1 + Math.floor(Math.random() * persons);
      const from = performance.now();
      const found = await findPersons(room, campaign, { kind: "customer", value: `C${number}` });
      took.push(performance.now() - from);
      if (found.length !== 1) throw new Error(`found ${found.length} persons with one number`);
    }
    const sorted = took.toSorted((one, other) => one - other);
    const at = (share: number): string => (sorted[Math.floor(sorted.length * share)] ?? 0).toFixed(2);
    tell(`look-up among ${persons}: p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, p99.9 ${at(0.999)} ms`);
    await room.close();
  } finally {
    postgres.stop();
  }
}
