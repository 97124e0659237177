import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { OFFICE } from "./office.ts";

const dayMs = 86_400_000;
const fields = [
  ["ts", "time"],
  ["uid", "string"],
  ["id.orig_h", "addr"],
  ["id.orig_p", "port"],
  ["id.resp_h", "addr"],
  ["id.resp_p", "port"],
  ["proto", "enum"],
  ["service", "string"],
  ["duration", "interval"],
  ["orig_bytes", "count"],
  ["resp_bytes", "count"],
  ["conn_state", "string"],
  ["local_orig", "bool"],
  ["local_resp", "bool"],
  ["missed_bytes", "count"],
  ["history", "string"],
  ["orig_pkts", "count"],
  ["orig_ip_bytes", "count"],
  ["resp_pkts", "count"],
  ["resp_ip_bytes", "count"],
] as const;

type Row = { atMs: number; from: string; to: string; sent: number; received: number; seconds: number };

/**
 * Writes the ten days as a Zeek conn.log that ends at `untilMs`, day by day as in 2016: 03-15 the PC, 03-19
 * the web server, 03-21 the database server, 03-19 to 03-24 the control server. Returns its rows.
 */
export function writeRecordOf2016(folder: string, untilMs: number): number {
  const random = randomOf(2016);
  const begin = untilMs - 10 * dayMs;
  const staged = { sent: 90_000, received: 900 };
  const rows = [
    ...clock({ from: begin, until: untilMs, seconds: 270, jitter: 0.25, pc: OFFICE.pc.address, random }),
    ...office({ from: begin, until: untilMs, random }),
    ...[0, 1, 2, 3].map((hour): Row => {
      const atMs = begin + 4 * dayMs + hour * 3_600_000;
      return rowOf(atMs, OFFICE.web.address, OFFICE.evil.address, { sent: 4_000_000, received: 20_000 });
    }),
    rowOf(begin + 6 * dayMs, OFFICE.database.address, OFFICE.evilToo.address, staged),
    ...slowUpload(begin),
  ].sort((one, other) => one.atMs - other.atMs);
  mkdirSync(folder, { recursive: true });
  const head = ["#separator \\x09", "#set_separator\t,", "#empty_field\t(empty)", "#unset_field\t-"];
  const names = [
    "#path\tconn",
    `#fields\t${fields.map(([name]) => name).join("\t")}`,
    `#types\t${fields.map(([, type]) => type).join("\t")}`,
  ];
  const lines = [...head, ...names, ...rows.map((row, number) => lineOf(row, number))];
  const file = join(folder, "conn.log");
  writeFileSync(`${file}.part`, `${lines.join("\n")}\n`);
  renameSync(`${file}.part`, file);
  return rows.length;
}

function rowOf(atMs: number, from: string, to: string, size: { sent: number; received: number }): Row {
  return { atMs, from, to, ...size, seconds: 2 };
}

function clock(given: {
  from: number;
  until: number;
  seconds: number;
  jitter: number;
  pc: string;
  random: () => number;
}): Row[] {
  const rows: Row[] = [];
  const { seconds, jitter, random } = given;
  for (let at = given.from; at < given.until; at += seconds * 1_000 * (1 - jitter + 2 * jitter * random()))
    rows.push(rowOf(at, given.pc, OFFICE.evil.address, { sent: 310, received: 120 }));
  return rows;
}

/** People read pages in office hours. */
function office({ from, until, random }: { from: number; until: number; random: () => number }): Row[] {
  const rows: Row[] = [];
  for (let at = from; at < until; at -= 180_000 * Math.log(1 - random())) {
    const hour = new Date(at).getUTCHours();
    if (hour >= 10) continue; // 09:00 to 19:00 in Tokyo.
    const who = random() < 0.5 ? OFFICE.pc.address : OFFICE.colleague.address;
    const size = { sent: 300 + Math.floor(random() * 3_000), received: Math.floor(random() * 200_000) };
    rows.push(rowOf(at, who, OFFICE.world.address, size));
  }
  return rows;
}

/** A little every hour, for five days. */
function slowUpload(begin: number): Row[] {
  return Array.from({ length: 5 * 24 }, (_, hour) =>
    rowOf(begin + 4 * dayMs + hour * 3_600_000 + 600_000, OFFICE.control.address, OFFICE.evilToo.address, {
      sent: 900_000,
      received: 4_000,
    }),
  );
}

function lineOf(row: Row, number: number): string {
  const packets = Math.ceil(row.sent / 1_400) + 3;
  const back = Math.ceil(row.received / 1_400) + 3;
  return [
    (row.atMs / 1_000).toFixed(6),
    `CReplay${String(number).padStart(10, "0")}`,
    row.from,
    40_000 + (number % 20_000),
    row.to,
    443,
    "tcp",
    "ssl",
    row.seconds.toFixed(6),
    row.sent,
    row.received,
    "SF",
    "T",
    "F",
    0,
    "ShADadFf",
    packets,
    row.sent + packets * 40,
    back,
    row.received + back * 40,
  ].join("\t");
}

/** The same figures every time (Park and Miller's generator). */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}
