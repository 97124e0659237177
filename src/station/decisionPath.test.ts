import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { mail2016 } from "../gates/mail/fixtures/mail2016.ts";
import { sendOne } from "../gates/mail/testGate.ts";
import { openTestHop, type HopScript, type TestHop } from "../gates/mail/testHop.ts";
import { EvidenceHash } from "../ledger/entry.ts";
import { findMarkedProcess } from "../lib/processMark.ts";
import { freePort } from "../lib/freePort.ts";
import { findPostgres, startTestPostgres, type TestPostgres } from "../lib/sql/testStores.ts";
import { startStation, type StartedStation } from "./start.ts";
import type { DecisionView, Person } from "./services.ts";
import { waitUntil } from "./testPorts.ts";

const alice: Person = { id: "alice", name: "Alice", email: "alice@ijtb.example", roles: ["approver"] };
const bob: Person = { id: "bob", name: "Bob", email: "bob@ijtb.example", roles: ["approver"] };

const stores = [
  { kind: "pglite", skip: false as const },
  {
    kind: "postgresql",
    skip: findPostgres() === null ? "PostgreSQL is not installed here" : (false as const),
  },
];

for (const { kind, skip } of stores) {
  describe(`from the question to its end, on ${kind}`, { skip }, () => {
    const folder = mkdtempSync(join(tmpdir(), "sekisho-decided-"));
    const config = join(folder, "sekisho.yaml");
    let postgres: TestPostgres | null = null;
    let hop: TestHop;
    let station: StartedStation;
    let gatePort: number;
    let hopPort: number;
    let sent = 0;

    before(async () => {
      process.env["SEKISHO_GATE_WATCHES"] = String(process.pid);
      hop = await openTestHop();
      hopPort = hop.port;
      gatePort = await freePort();
      let state = "{}";
      if (kind === "postgresql") {
        postgres = startTestPostgres();
        writeFileSync(join(folder, "url"), `${await postgres.newDatabase()}\n`, { mode: 0o600 });
        state = "{ databaseUrlFile: url }";
      }
      writeFileSync(
        config,
        `organisation: Decided
console: { port: 0 }
log: { level: fatal }
state: ${state}
mail:
  inbound:
    port: ${gatePort}
    domains: [ijtb.example]
    nextHop: { host: 127.0.0.1, port: ${hopPort}, tls: never }
  dns: { enabled: false }
  reader: { workers: 1 }
`,
      );
      await start();
    });

    after(async () => {
      await station?.close();
      await hop?.close();
      postgres?.stop();
      rmSync(folder, { recursive: true, force: true });
    });

    async function start(): Promise<void> {
      station = await startStation(config, { quiet: true });
      await waitUntil(
        async () => (await station.services.station.status()).state === "ready",
        "the gate",
        30_000,
      );
      assert.equal(station.station.state.kind, kind);
    }

    /** Sends the mail of 2016 anew and waits for its question. */
    async function hold(to = ["inquiry@ijtb.example"]): Promise<{ mail: string; decision: string }> {
      const raw = mail2016({ archive: "zip" })
        .raw.toString("latin1")
        .replace(/^message-id: .*$/im, `Message-ID: <${++sent}@ana-sales.example>`);
      const answer = await sendOne(gatePort, Buffer.from(raw, "latin1"), { to });
      const mail = /for review as (\S+)/.exec(answer)?.[1] ?? assert.fail(answer);
      const decision = await waitUntil(async () => {
        const { rows } = await station.services.desk.list({ limit: 50 });
        return rows.find((row) => row.mail === mail)?.decisionId;
      }, "the question");
      return { mail, decision };
    }

    async function release(decision: string): Promise<void> {
      const { decisions } = station.services;
      await decisions.answer(decision, alice, { option: "release", reason: "asked by phone" });
      await decisions.answer(decision, bob, { option: "release", reason: "so did I" });
    }

    const enforced = (decision: string, test: (view: DecisionView) => boolean) =>
      waitUntil(async () => {
        const view = await station.services.decisions.get(decision);
        return test(view) ? view : null;
      }, "what became of it");

    /** The next attempt is due now, instead of half a minute later. */
    async function hurry(decision: string): Promise<void> {
      await station.station.db
        .updateTable("gate_order")
        .set({ next_at: new Date(0).toISOString() })
        .where("id", "=", decision)
        .execute();
      await station.station.orders.sendDue();
    }

    async function stateOf(mail: string): Promise<string | undefined> {
      const { rows } = await station.services.desk.list({ limit: 50 });
      return rows.find((row) => row.mail === mail)?.state;
    }

    const copies = (number: number): number =>
      hop.messages.filter(({ wire }) => wire.includes(`<${number}@ana-sales.example>`)).length;

    test("nobody answers until the deadline: the default is carried out", async () => {
      const { mail, decision } = await hold();
      const passed = { deadline: new Date(Date.now() - 1_000).toISOString() };
      await station.station.db.updateTable("decision").set(passed).where("id", "=", decision).execute();
      const view = await enforced(decision, ({ enforcement }) => enforcement?.code === "held-mail-refused");
      assert.deepEqual([view.state, view.outcome], ["defaulted", "refuse"]);
      assert.equal(await stateOf(mail), "refused");
      await assert.rejects(
        station.services.decisions.answer(decision, alice, { option: "release", reason: "late" }),
        { code: "conflict" },
      );
      assert.equal(copies(sent), 0);
    });

    test("a release while the next hop is away is tried again until it is there", async () => {
      const { mail, decision } = await hold();
      await hop.close();
      await release(decision);
      const failed = await enforced(decision, ({ enforcement }) => enforcement?.code === "release-failed");
      assert.equal(failed.enforcement?.detail, "unreachable");
      assert.equal(await stateOf(mail), "releasing");
      hop = await openTestHop(undefined, { port: hopPort });
      await hurry(decision);
      await enforced(decision, ({ enforcement }) => enforcement?.code === "mail-released");
      assert.deepEqual([await stateOf(mail), copies(sent)], ["released", 1]);
      await hurry(decision);
      assert.equal(copies(sent), 1);
    });

    test("a recipient that is deferred gets the released mail later, the other once", async () => {
      let full = true;
      hop.script = (line) => (full && line.includes("<full@") ? "452 4.2.2 full" : undefined);
      const { mail, decision } = await hold(["full@ijtb.example", "inquiry@ijtb.example"]);
      await release(decision);
      const failed = await enforced(decision, ({ enforcement }) => enforcement?.code === "release-failed");
      assert.equal(failed.enforcement?.detail, "partly");
      full = false;
      await hurry(decision);
      await enforced(decision, ({ enforcement }) => enforcement?.code === "mail-released");
      assert.equal(await stateOf(mail), "released");
      const to = hop.messages.slice(-2).map((message) => message.to);
      assert.deepEqual(to, [["inquiry@ijtb.example"], ["full@ijtb.example"]]);
    });

    test("a release that the next hop refuses for good has failed, and is not tried again", async () => {
      const refusing: HopScript = (line) => (line.startsWith("RCPT") ? "550 5.1.1 nobody" : undefined);
      hop.script = refusing;
      const { mail, decision } = await hold();
      await release(decision);
      const failed = await enforced(decision, ({ enforcement }) => enforcement?.code === "release-failed");
      assert.equal(failed.enforcement?.detail, "refused 550");
      assert.equal(await stateOf(mail), "failed");
      hop.script = () => undefined;
      await hurry(decision);
      assert.equal(copies(sent), 0);
    });

    test("a held mail that was erased cannot be released, and says so once", async () => {
      const { mail, decision } = await hold();
      const query = { code: "mail-held", about: { key: "mail", value: mail }, limit: 1 };
      const [row] = (await station.services.ledger.search(query)).rows;
      await station.station.evidence.erase(EvidenceHash.parse(row?.entry.evidence[0]));
      await release(decision);
      const failed = await enforced(decision, ({ enforcement }) => enforcement?.code === "release-failed");
      assert.equal(failed.enforcement?.detail, "evidence-erased");
      assert.equal(await stateOf(mail), "failed");
    });

    test("an answer while the gate is dead is carried out when it lives again", async () => {
      const { mail, decision } = await hold();
      process.kill(findMarkedProcess(join(folder, "data/run/mail.pid")) as number, "SIGKILL");
      await release(decision);
      await enforced(decision, ({ enforcement }) => enforcement?.code === "mail-released");
      assert.deepEqual([await stateOf(mail), copies(sent)], ["released", 1]);
    });

    test("held mail and answers outlive the station", async () => {
      const waiting = await hold();
      const answered = await hold();
      process.kill(findMarkedProcess(join(folder, "data/run/mail.pid")) as number, "SIGKILL");
      await release(answered.decision);
      // As if the station had been stopped between the answer and the order.
      await station.station.db.deleteFrom("gate_order").where("id", "=", answered.decision).execute();
      await station.close();
      await start();
      await enforced(answered.decision, ({ enforcement }) => enforcement?.code === "mail-released");
      assert.equal(copies(sent), 1);
      assert.equal(await stateOf(waiting.mail), "held");
      const view = await station.services.decisions.get(waiting.decision);
      assert.equal(view.state, "asked");
      await release(waiting.decision);
      await enforced(waiting.decision, ({ enforcement }) => enforcement?.code === "mail-released");
      assert.equal((await station.services.ledger.verify(alice)).ok, true);
    });
  });
}
