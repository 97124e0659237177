import { createWriteStream, mkdirSync, type WriteStream } from "node:fs";
import { once } from "node:events";
import { join } from "node:path";
import { randomOf } from "../src/lib/testDisk.ts";

export type Planted = { src: string; dst: string; seconds: number; jitter: number };

const hosts = 2_000;
const destinations = 60_000;
const favourites = 250;
const beacons = 200;
const begin = Date.UTC(2016, 2, 15) / 1_000;

/**
 * Writes a day of conn.log by hour, as an office of 2,000 hosts would: each host mostly talks to its own few
 * hundred destinations, and 200 of them also call home, every 10 s to every hour with 0 to 40 % jitter.
 * Returns the ones that call home.
 */
export async function generateTraffic(
  folder: string,
  options: { rows: number; seed: number },
): Promise<Planted[]> {
  mkdirSync(folder, { recursive: true });
  const random = randomOf(options.seed);
  const planted = plant(random);
  const calls = callsByHour(planted, random);
  for (let hour = 0; hour < 24; hour += 1) {
    const file = createWriteStream(join(folder, `conn.${String(hour).padStart(2, "0")}.log`));
    const own = calls[hour] as Call[];
    const others = Math.max(
      0,
      Math.floor((options.rows * (hour + 1)) / 24) - Math.floor((options.rows * hour) / 24),
    );
    await writeHour(file, { hour, calls: own, others: Math.max(0, others - own.length), random });
    file.end();
    await once(file, "finish");
  }
  return planted;
}

type Call = { at: number; beacon: Planted };

function plant(random: () => number): Planted[] {
  return Array.from({ length: beacons }, (_, at) => ({
    src: hostAddress(Math.floor(random() * hosts)),
    dst: `198.51.${100 + Math.floor(at / 250)}.${1 + (at % 250)}`,
    seconds: Math.round(10 * 360 ** (at / (beacons - 1))),
    jitter: 0.4 * random(),
  }));
}

function callsByHour(planted: readonly Planted[], random: () => number): Call[][] {
  const hours: Call[][] = Array.from({ length: 24 }, () => []);
  for (const beacon of planted) {
    const { seconds, jitter } = beacon;
    for (let at = random() * seconds; at < 86_400; at += seconds * (1 + jitter * (2 * random() - 1))) {
      hours[Math.floor(at / 3_600)]?.push({ at, beacon });
    }
  }
  return hours.map((calls) => calls.sort((one, other) => one.at - other.at));
}

const fields =
  "ts uid id.orig_h id.orig_p id.resp_h id.resp_p proto service duration orig_bytes resp_bytes conn_state " +
  "local_orig local_resp missed_bytes history orig_pkts orig_ip_bytes resp_pkts resp_ip_bytes tunnel_parents";
const head = `#separator \\x09
#set_separator\t,
#empty_field\t(empty)
#unset_field\t-
#path\tconn
#open\t2016-03-15-00-00-00
#fields\t${fields.replaceAll(" ", "\t")}
#types\t${fields.replaceAll(/[^ ]+/g, "string").replaceAll(" ", "\t")}
`;

async function writeHour(
  file: WriteStream,
  { hour, calls, others, random }: { hour: number; calls: Call[]; others: number; random: () => number },
): Promise<void> {
  let text = head;
  let next = 0;
  for (let row = 0; row < others; row += 1) {
    const at = hour * 3_600 + ((row + random()) / others) * 3_600;
    for (; next < calls.length && (calls[next] as Call).at < at; next += 1)
      text += lineOfCall(calls[next] as Call, random);
    text += lineOfOther(at, random);
    if (text.length < 1_000_000) continue;
    if (!file.write(text)) await once(file, "drain");
    text = "";
  }
  for (; next < calls.length; next += 1) text += lineOfCall(calls[next] as Call, random);
  file.write(`${text}#close\t2016-03-15-${hour}\n`);
}

function lineOfCall({ at, beacon }: Call, random: () => number): string {
  const { src, dst } = beacon;
  const sent = 300 + Math.floor(random() * 40);
  return line({ at, src, dst, port: 443, sent, received: 500 + Math.floor(random() * 60), random });
}

function lineOfOther(at: number, random: () => number): string {
  const host = Math.floor(random() * hosts);
  const own = random() < 0.8;
  // The square makes few destinations frequent and many rare.
  const choice = own
    ? Math.floor(random() ** 2 * favourites) * 104_729 + host * 7_919
    : Math.floor(random() ** 3 * destinations);
  const sent = Math.floor(1 / (random() * 0.01 + 0.000_01));
  const received = Math.floor(4_000 / (random() + 0.001));
  const port = random() < 0.8 ? 443 : random() < 0.6 ? 80 : 53;
  return line({
    at,
    src: hostAddress(host),
    dst: outsideAddress(choice % destinations),
    port,
    sent,
    received,
    random,
  });
}

function hostAddress(host: number): string {
  return `10.20.${Math.floor(host / 250)}.${1 + (host % 250)}`;
}

function outsideAddress(destination: number): string {
  const [first, third] = [20 + Math.floor(destination / 4_000), Math.floor(destination / 7) % 251];
  return `${first}.${destination % 199}.${third}.${1 + (destination % 250)}`;
}

const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const pairs = Array.from({ length: 3_844 }, (_, at) => `${letters[at % 62]}${letters[Math.floor(at / 62)]}`);

type Row = {
  at: number;
  src: string;
  dst: string;
  port: number;
  sent: number;
  received: number;
  random: () => number;
};

function line({ at, src, dst, port, sent, received, random }: Row): string {
  let uid = "C";
  for (let count = 0; count < 8; count += 1) uid += pairs[Math.floor(random() * 3_844)];
  const whole = Math.floor(at);
  const micros = String(Math.floor((at - whole) * 1e6)).padStart(6, "0");
  const millis = Math.floor(1 / (random() * 0.001 + 0.000_01));
  const duration = `${Math.floor(millis / 1_000)}.${String((millis % 1_000) * 1_000 + 17).padStart(6, "0")}`;
  const [there, back] = [4 + Math.floor(sent / 1_400), 3 + Math.floor(received / 1_400)];
  const service = port === 443 ? "ssl" : port === 80 ? "http" : "dns";
  const proto = port === 53 ? "udp" : "tcp";
  const ends = `${src}\t${1_024 + Math.floor(random() * 64_000)}\t${dst}\t${port}\t${proto}\t${service}`;
  const sizes = `${there}\t${sent + 40 * there}\t${back}\t${received + 40 * back}`;
  const outcome = `${duration}\t${sent}\t${received}\tSF\tT\tF\t0\tShADadFf`;
  return `${begin + whole}.${micros}\t${uid}\t${ends}\t${outcome}\t${sizes}\t-\n`;
}
