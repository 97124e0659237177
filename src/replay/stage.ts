import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeCanaries } from "../gates/records/canary/canaryFile.ts";
import { plantCanaries } from "../gates/records/canary/plantCanaries.ts";
import { Keyring } from "../ledger/keyring.ts";
import { realDisk } from "../lib/disk.ts";
import { SekishoError } from "../lib/error.ts";
import { freePort } from "../lib/freePort.ts";
import { startStation, type StartedStation } from "../station/start.ts";
import type { Stage, StageDatabase } from "./act.ts";
import { budget } from "./actRecords.ts";
import { openMailbox } from "./mailbox.ts";
import { Office, OFFICE } from "./office.ts";
import { openResultsDatabase, type ResultsDatabase } from "./resultsDatabase.ts";

export type StageOptions = {
  folder: string;
  consolePort: number;
  /** 0 takes a free one. */
  gatePort: number;
  quiet: boolean;
  /** Port of the records gate; 0 or none takes a free one. */
  recordsPort?: number;
  /** Play without the results database. */
  withoutDatabase?: boolean;
  /** Play recorded connections even where namespaces could be made. */
  withoutOffice?: boolean;
  tell: (line: string) => void;
};

/** Sets the stage: a station with all gates on an embedded store, and a mailbox behind the mail gate. */
export async function openStage(options: StageOptions): Promise<Stage & { close(): Promise<void> }> {
  mkdirSync(options.folder, { recursive: true, mode: 0o700 });
  process.env["SEKISHO_GATE_WATCHES"] = String(process.pid);
  const mailbox = await openMailbox();
  const deskMailbox = await openMailbox();
  const gatePort = options.gatePort === 0 ? await freePort() : options.gatePort;
  const configFile = join(options.folder, "sekisho.yaml");
  const made = options.withoutOffice === true ? "not wanted" : Office.open();
  const office = typeof made === "string" ? null : made;
  const zeekFolder = join(options.folder, "zeek");
  mkdirSync(zeekFolder, { recursive: true });
  const mail = { ...options, gatePort, nextHopPort: mailbox.port };
  const results = options.withoutDatabase === true ? "not wanted" : await openResultsDatabase();
  const database = typeof results === "string" ? null : await stageDatabase(results, options);
  const parts = [
    stageConfig(mail),
    incidentConfig(deskMailbox.port),
    outboundConfig(office, zeekFolder),
    recordsConfig(database),
  ];
  writeFileSync(configFile, parts.join(""), { mode: 0o600 });
  try {
    const station = await startStation(configFile, { quiet: options.quiet });
    const gate = { host: "127.0.0.1", port: gatePort };
    await waitUntilReady(station);
    const close = (): Promise<void> => closeStage(station, { mailbox, deskMailbox, office, database });
    const noOffice = typeof made === "string" ? made : null;
    const noDatabase = typeof results === "string" ? results : null;
    const { tell, folder } = options;
    const without = { noOffice, noDatabase };
    const behind = { mailbox, deskMailbox, office, database };
    return { station, gate, ...behind, ...without, zeekFolder, folder, tell, close };
  } catch (error) {
    office?.close();
    database?.close();
    throw error;
  }
}

async function closeStage(
  station: StartedStation,
  { mailbox, deskMailbox, office, database }: Pick<Stage, "mailbox" | "deskMailbox" | "office" | "database">,
): Promise<void> {
  await station.close();
  await mailbox.close();
  await deskMailbox.close();
  office?.close(); // With it ends the enforcer, which by design outlives its gate.
  database?.close();
}

/** The database as the records gate stands before it. */
async function stageDatabase(results: ResultsDatabase, options: StageOptions): Promise<StageDatabase> {
  const { recordsPort = 0 } = options;
  // Not below the station's own data, where nothing is looked at.
  const watched = mkdtempSync(join(tmpdir(), "sekisho-product-information-"));
  const close = (): void => {
    results.close();
    rmSync(watched, { recursive: true, force: true });
  };
  const port = recordsPort === 0 ? await freePort() : recordsPort;
  const canaries = await plantCanary(results, options.folder);
  return { ...results, port, canaries, watched, close };
}

/** One customer who does not exist; the gate finds her in its data when it starts. */
async function plantCanary(results: ResultsDatabase, dataFolder: string): Promise<string[]> {
  const client = await results.connect();
  try {
    const settings = {
      customers: { table: "public.customers", key: "id" },
      tables: [
        {
          table: "public.customers",
          key: "id",
          personal: {
            name: "name",
            kana: "kana",
            email: "email",
            phone: "phone",
            address: "address",
          } as const,
          notPersonal: [],
        },
      ],
    };
    const planted = await plantCanaries(client, { settings, count: 1, mailbox: "canary.example" });
    const keyring = await Keyring.open(realDisk, join(dataFolder, "keys"));
    await writeCanaries(dataFolder, keyring, planted);
    return planted.map(({ customer }) => customer);
  } finally {
    await client.end();
  }
}

/** The records gate of the replay: an operator sees a hundred customers, the BI tool its reports. */
function recordsConfig(database: StageDatabase | null): string {
  if (database === null) return "";
  return `records:
  port: ${database.port}
  server: { host: ${database.host} }
  watcher: { user: sekisho_watcher, database: ${database.name} }
  customers: { table: public.customers, key: id }
  tables:
    - table: public.customers
      key: id
      personal:
        { name: name, kana: kana, roman: roman-name, sex: sex, birth_date: birth-date, email: email,
          phone: phone, postal_code: postal-code, address: address, passport_no: passport }
      notPersonal: [passport_issued, created_at]
    - { table: public.bookings, key: customer_id, notPersonal: [product, site, partner, booked_at] }
  persons:
    - { login: operator_tanaka, group: operators }
    - { login: bi_report, group: bi, service: true }
  watch: { folders: [${database.watched}] }
  policy:
    groups:
      - { name: operators, budget: { hour: ${budget}, day: 300 } }
      - name: bi
        statements:
          - select site, count(*) from bookings where booked_at >= '2016-01-01' group by site
        otherStatements: refuse
`;
}

async function waitUntilReady(station: StartedStation): Promise<void> {
  const until = performance.now() + 30_000;
  for (;;) {
    const status = await station.services.station.status();
    if (status.state === "ready") return;
    if (performance.now() > until) {
      const gates = status.gates
        .map((gate) => `${gate.name} ${gate.state} ${gate.lastError ?? ""}`)
        .join("; ");
      throw new SekishoError(
        "setup-incomplete",
        `Cannot set the stage: the gates are not ready after 30 s: ${gates}`,
        {
          hint: "the lines above say why; data of an older version is taken away by: rm -r data/demo",
        },
      );
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** The outbound gate of the replay: with real hosts it cuts, with recorded connections it only says. */
function outboundConfig(office: Office | null, zeekFolder: string): string {
  const sources = office === null ? `{ zeek: [${zeekFolder}] }` : "{ conntrack: true }";
  const cut =
    office === null
      ? ""
      : `
  cut:
    networkNamespace: ${office.gateway}
    hooks: [forward]
    administrators:
      - { name: Administrators' desk, from: [${OFFICE.administrator.address}/32] }
    goesOn:
      - { name: Payment, to: [192.0.2.10/32], protocol: tcp, ports: [443] }
    zones:
      - { name: servers, networks: [10.16.2.0/24, 10.16.3.0/24, 10.16.5.0/24] }`;
  return `outbound:
  internal: [10.16.0.0/16]
  sources: ${sources}
  record: { flushSeconds: 1 }
  analysisMinutes: 0.1
  hosts:
    - { name: operator-pc, addresses: [${OFFICE.pc.address}], role: operator-pc }
    - { name: colleague-pc, addresses: [${OFFICE.colleague.address}], role: operator-pc }
    - { name: web-server, addresses: [${OFFICE.web.address}], role: server, speaksTo: [update.example] }
    - { name: control-server, addresses: [${OFFICE.control.address}], role: server }
    - { name: database-server, addresses: [${OFFICE.database.address}], role: personal-data-server }
  policy: { shadow: ${office === null} }${cut}
  cutOff:
    deciders: [ciso@ijtb.example, deputy@ijtb.example]
    deadlineMinutes: 0.1
    default: cut-off
    costPerHour: { amount: 12000000 }
    stops:
      - { en: "Online booking", ja: "オンライン予約" }
      - { en: "Browsing and outgoing mail of the office", ja: "社内からのウェブ閲覧とメール送信" }
    continues:
      - { en: "Payment of bookings already made", ja: "予約済み分の決済" }
      - { en: "Telephones", ja: "電話" }
roster:
  - { name: 情報セキュリティ責任者, email: ciso@ijtb.example, phone: "+81-3-0000-0001", roles: [approver] }
  - { name: 代行者, email: deputy@ijtb.example, phone: "+81-3-0000-0002", roles: [approver] }
  - { name: 個人情報保護責任者, email: privacy@ijtb.example, roles: [privacy-officer] }
`;
}

/** Questions of an incident fall to their defaults within seconds; people are asked by mail. */
function incidentConfig(port: number): string {
  return `incident:
  questions: { leakHours: 0.006, directorsHours: 0.006, directors: [board@ijtb.example] }
  ask:
    mail: { host: 127.0.0.1, port: ${port}, tls: "off", from: sekisho@ijtb.example }
  contracts:
    - partner: NTT docomo dTravel
      name: { ja: 携帯電話会社, en: Mobile operator }
      within: { hours: 24 }
      version: 2014-02-27
      clause: 個人情報の取扱いに関する覚書（再現用）
`;
}

function stageConfig(options: StageOptions & { nextHopPort: number }): string {
  return `# Made by the replay; what passes the gate goes to a mailbox in the same process.
organisation: Example Travel K.K. (replay)
timeZone: Asia/Tokyo
dataFolder: .
origin: replay.example/ledger
console:
  port: ${options.consolePort}
log:
  level: ${options.quiet ? "error" : "warn"}
mail:
  hostname: gate.example
  inbound:
    port: ${options.gatePort}
    domains: [ijtb.example]
    nextHop: { host: 127.0.0.1, port: ${options.nextHopPort}, tls: never }
  dns: { enabled: false }
  policy:
    ownDomains: [ijtb.example]
    partners:
      - domain: ana-sales.example
        names: [航空販売]
`;
}
