import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import type { Connection } from "../gates/outbound/connection.ts";
import { zeekFile } from "../gates/outbound/read/testZeek.ts";
import { TrafficRecord } from "../gates/outbound/record/recorder.ts";
import { OutboundSettings } from "../gates/outbound/settings.ts";
import { siblingModule } from "../lib/sibling.ts";

const folder = mkdtempSync(join(tmpdir(), "sekisho-commands-"));
const cli = fileURLToPath(siblingModule(import.meta.url, "../cli"));
after(() => rmSync(folder, { recursive: true, force: true }));

function sekisho(argv: string[], more: { input?: string; env?: Record<string, string> } = {}) {
  const ran = spawnSync(process.execPath, ["--disable-warning=ExperimentalWarning", cli, ...argv], {
    encoding: "utf8",
    input: more.input ?? "",
    env: { PATH: process.env["PATH"] ?? "", LANG: "C", TZ: "UTC", ...more.env },
  });
  return { status: ran.status, out: ran.stdout, told: ran.stderr };
}

const config = join(folder, "sekisho.yaml");
writeFileSync(
  config,
  `organisation: "Travel <b>K.K.</b>"
roster:
  - { name: Aoki, email: aoki@ijtb.example, roles: [approver], phone: "+81-3-1111-2222" }
  - { name: Baba, email: baba@ijtb.example, roles: [approver] }
outbound:
  cut:
    administrators: [{ name: console, from: [10.77.9.0/24] }]
    goesOn: [{ name: mail gate, to: [203.0.113.10] }]
    zones: [{ name: web, networks: [10.77.2.0/24] }]
  cutOff:
    deciders: [baba@ijtb.example, aoki@ijtb.example]
    costPerHour: { amount: 2500000 }
    stops: [{ en: Booking, ja: 予約 }]
    continues: [{ en: Telephones, ja: 電話 }]
`,
);

test("outbound card prints who decides, in which order, by which phone, and how to lift", () => {
  const { status, out } = sekisho(["outbound", "card", "--config", config]);
  assert.equal(status, 0);
  assert.ok(out.indexOf("1. Baba") < out.indexOf("2. Aoki  +81-3-1111-2222"), out);
  for (const word of ["no telephone number", "15 minutes", "everything is cut off", "Booking", "Telephones"])
    assert.ok(out.includes(word), `${word} in ${out}`);
  for (const word of ["¥2,500,000 per hour", "mail gate", "console", "web: 10.77.2.0/24", "nft delete table"])
    assert.ok(out.includes(word), `${word} in ${out}`);
});

test("outbound card --html --lang ja writes one page that loads nothing and hides nothing", () => {
  const page = join(folder, "card.html");
  const { status, out } = sekisho(["outbound", "card", "--config", config, "--html", page, "--lang", "ja"]);
  assert.deepEqual([status, out], [0, ""]);
  const html = readFileSync(page, "utf8");
  assert.match(html, /@page \{ size: A4/);
  assert.ok(html.includes("予約") && html.includes("1時間あたり"));
  assert.ok(html.includes("Travel &lt;b&gt;K.K.") && !html.includes("<b>"));
  assert.doesNotMatch(html, /src=|href=|url\(/);
});

test("outbound card says what is missing", () => {
  const bare = join(folder, "bare.yaml");
  writeFileSync(bare, "organisation: Bare\n");
  const none = sekisho(["outbound", "card", "--config", bare]);
  assert.equal(none.status, 1);
  assert.match(none.told, /has no outbound section\n {2}see docs\/outbound-gate\.md\n/);
  writeFileSync(bare, "organisation: Bare\noutbound: {}\n");
  const { out } = sekisho(["outbound", "card", "--config", bare]);
  assert.match(out, /Nothing can be cut/);
  assert.match(out, /Nobody is named/);
});

test("outbound squid-conf prints the logformat, and with --list the rule that starts the helper", () => {
  const log = sekisho(["outbound", "squid-conf"]);
  assert.equal(log.status, 0);
  assert.match(log.out, /^logformat sekisho sekisho1 .*%>st/m);
  assert.match(log.out, /^access_log stdio:\/var\/log\/squid\/sekisho\.log sekisho$/m);
  assert.doesNotMatch(log.out, /external_acl_type/);
  const { out } = sekisho(["outbound", "squid-conf", "--list", "/run/sekisho/list"]);
  assert.match(
    out,
    /^external_acl_type sekisho .* \/run\/sekisho\/list\nacl sekisho_cut external sekisho\n/m,
  );
  assert.equal(sekisho(["outbound", "squid-conf", "--list", "/run/my list"]).status, 2);
});

test("outbound squid-helper answers by channel", () => {
  const list = join(folder, "list");
  writeFileSync(list, "name bad.example\n");
  const input = "0 10.0.0.1 a.bad.example\n1 10.0.0.1 good.example\n";
  assert.equal(sekisho(["outbound", "squid-helper", "--list", list], { input }).out, "0 OK\n1 ERR\n");
  assert.equal(sekisho(["outbound", "squid-helper"]).status, 2);
});

test("outbound enforcer names what it needs", () => {
  const none = sekisho(["outbound", "enforcer", "--socket", join(folder, "e.sock")]);
  assert.equal(none.status, 2);
  const [socket, state] = [join(folder, "e.sock"), join(folder, "state.json")];
  const noToken = sekisho(["outbound", "enforcer", "--socket", socket, "--state", state]);
  assert.equal(noToken.status, 1);
  assert.match(noToken.told, /Cannot read the gate's token in .*e\.sock\.token\n {2}start the gate once/);
});

test("every outbound command has --help, and an unknown one is named", () => {
  const { out } = sekisho(["outbound", "--help"]);
  const names = [...out.matchAll(/^ {2}(\S+) /gm)].map((match) => match[1] as string);
  assert.ok(names.length >= 6);
  for (const name of names) {
    const help = sekisho(["outbound", name, "--help"]);
    assert.equal(help.status, 0, name);
    assert.ok(help.out.startsWith(`sekisho outbound ${name} `), help.out);
  }
  assert.match(sekisho(["outbound", "toString"]).told, /Cannot run "outbound toString"/);
});

/* ---- learn ---- */

const day0 = Date.UTC(2016, 2, 15) / 1_000;

/** Ten days: five PCs use a server, the server fetches updates each day and once calls a stranger. */
function* tenDays(): Generator<{ at: number; src: string; dst: string; port: number; host: string }> {
  for (let day = 0; day < 10; day += 1) {
    for (let pc = 1; pc <= 5; pc += 1) {
      const at = day0 + day * 86_400 + 9 * 3_600 + pc;
      yield { at, src: `10.0.1.${pc}`, dst: "10.0.0.5", port: 443, host: "-" };
      yield { at: at + 60, src: `10.0.1.${pc}`, dst: "203.0.113.80", port: 443, host: "-" };
    }
    const at = day0 + day * 86_400 + 3 * 3_600;
    yield { at, src: "10.0.0.5", dst: "203.0.113.7", port: 443, host: "update.vendor.example" };
  }
  yield { at: day0 + 5 * 86_400 + 15 * 3_600, src: "10.0.0.5", dst: "198.51.100.9", port: 80, host: "-" };
}

const logs = join(folder, "conn.log");
const rows = [...tenDays()];
writeFileSync(
  logs,
  zeekFile(
    "conn",
    "ts uid id.orig_h id.orig_p id.resp_h id.resp_p proto service duration orig_bytes resp_bytes conn_state",
    rows.map(
      ({ at, src, dst, port }, place) => `${at}.5 C${place} ${src} 5000 ${dst} ${port} tcp - 1.0 800 900 SF`,
    ),
  ),
);
const ssl = join(folder, "ssl.log");
writeFileSync(
  ssl,
  zeekFile(
    "ssl",
    "ts uid id.orig_h id.orig_p id.resp_h id.resp_p version server_name",
    rows.flatMap(({ at, src, dst, port, host }, place) =>
      host === "-" ? [] : [`${at}.5 C${place} ${src} 5000 ${dst} ${port} TLSv12 ${host}`],
    ),
  ),
);

test("outbound learn proposes roles and lists as YAML that can be pasted", () => {
  const { status, out } = sekisho(["outbound", "learn", "--zone", "Asia/Tokyo", logs, ssl]);
  assert.equal(status, 0);
  const { outbound } = parse(out) as { outbound: unknown };
  const { hosts } = OutboundSettings.parse(outbound);
  assert.deepEqual(
    hosts.map(({ addresses, role }) => `${addresses[0]} ${role}`),
    ["10.0.0.5 server", ...[1, 2, 3, 4, 5].map((pc) => `10.0.1.${pc} pc`)],
  );
  assert.deepEqual(hosts[0]?.speaksTo, ["update.vendor.example:443"]);
  assert.match(out, /guess server: 5 of ours call it on 443\/tcp/);
  assert.match(out, /198\.51\.100\.9:80 {2}1 connections on 1 days/);
  // 03:00 UTC is noon in Tokyo.
  assert.match(out, /at 00–01, 12–13 o'clock \(Asia\/Tokyo\), on 10 days/);
});

test("outbound learn --days looks at the last days, --json gives every figure", () => {
  const { out } = sekisho(["outbound", "learn", "--json", "--days", "2", logs, ssl]);
  const learnt = JSON.parse(out) as { days: number; hosts: { seen: { days: number }; unusual: unknown[] }[] };
  assert.ok(learnt.days <= 2);
  assert.deepEqual(learnt.hosts[0]?.unusual, []);
});

test("outbound learn reads a station's record, and keeps known hosts as they are", async () => {
  const record = await TrafficRecord.open({
    folder: join(folder, "record"),
    flushSeconds: 600,
    onFile: async () => {},
    onProblem: assert.fail,
  });
  record.add(rows.map(({ at, src, dst, port }) => ({ table: "connection", ...contact(at, src, dst, port) })));
  await record.close();
  const settings = join(folder, "known.yaml");
  writeFileSync(
    settings,
    `hosts: [{ name: database, addresses: [10.0.0.5], role: personal-data-server, speaksTo: [203.0.113.7] }]`,
  );
  const argv = ["outbound", "learn", "--json", "--settings", settings, join(folder, "record")];
  const { hosts } = JSON.parse(sekisho(argv).out) as {
    hosts: { name: string; role: string; known: boolean; usual: unknown[]; unusual: { entry: string }[] }[];
  };
  const [first] = hosts;
  assert.deepEqual([first?.name, first?.role, first?.known], ["database", "personal-data-server", true]);
  assert.deepEqual(first?.usual, []);
  assert.deepEqual(
    first?.unusual.map(({ entry }) => entry),
    ["198.51.100.9:80"],
  );
});

test("outbound learn says where it finds nothing, and names mistakes", () => {
  const empty = mkdtempSync(join(folder, "empty-"));
  assert.equal(sekisho(["outbound", "learn", empty]).status, 2);
  assert.match(sekisho(["outbound", "learn"]).told, /Cannot learn from nothing/);
  assert.match(sekisho(["outbound", "learn", "--zone", "Moon/Base", logs]).told, /not a time zone/);
});

function contact(at: number, src: string, dst: string, dstPort: number): Connection {
  return {
    ...{ at: at * 1e6, sensor: "zeek", uid: `${src}-${at}`, src, srcPort: 5_000, dst, dstPort, proto: "tcp" },
    ...{ service: null, duration: 1e6, origBytes: 800, respBytes: 900, origPackets: null, respPackets: null },
    ...{ origIpBytes: null, respIpBytes: null, state: "SF", open: false },
  };
}
