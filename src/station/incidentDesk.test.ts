import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { SMTPServer } from "smtp-server";
import { startStation, type StartedStation } from "./start.ts";
import { waitUntil } from "./testPorts.ts";

/** A station of which two questions fall to their defaults in two seconds, with a mailbox of its people. */
describe("an incident that nobody looks at", () => {
  const folder = mkdtempSync(join(tmpdir(), "sekisho-desk-"));
  const config = join(folder, "sekisho.yaml");
  const mails: { to: string[]; text: string }[] = [];
  let smtp: SMTPServer;
  let station: StartedStation;
  let incident = "";

  before(async () => {
    smtp = new SMTPServer({
      authOptional: true,
      disabledCommands: ["STARTTLS"],
      onData: (stream, session, done) => {
        const parts: Buffer[] = [];
        stream.on("data", (part: Buffer) => parts.push(part));
        stream.on("end", () => {
          const to = session.envelope.rcptTo.map(({ address }) => address);
          mails.push({ to, text: Buffer.concat(parts).toString() });
          done();
        });
      },
    });
    await new Promise<void>((resolve) => smtp.listen(0, "127.0.0.1", resolve));
    const { port } = smtp.server.address() as AddressInfo;
    writeFileSync(
      config,
      `organisation: Nobody looks
console: { port: 0 }
log: { level: fatal }
roster:
  - { name: DPO, email: dpo@station.example, roles: [privacy-officer] }
incident:
  questions: { leakHours: 0.002, directorsHours: 0.002, directors: [board@station.example] }
  ask:
    mail: { host: 127.0.0.1, port: ${port}, tls: "off", from: sekisho@station.example }
  contracts:
    - partner: mobile
      name: { ja: 携帯会社, en: Mobile company }
      within: { hours: 24 }
      version: 2015-04-01
      clause: 覚書 第7条
`,
    );
    station = await startStation(config, { quiet: true });
  });
  after(async () => {
    await station?.close();
    await new Promise<void>((resolve) => smtp.close(resolve));
    rmSync(folder, { recursive: true, force: true });
  });

  test("its question falls to the default, and both moments of knowing start their clocks", async () => {
    const finding = await station.station.recorder.append({
      kind: "judged",
      code: "traffic-judged",
      about: { gate: "outbound", hostAddress: "10.0.0.8", destination: "c2.invalid" },
      data: { reasons: [{ code: "beacon", technique: "T1071.001", severity: "critical" }] },
    });
    const { incidents } = station.station;
    await waitUntil(async () => (await incidents.list()).length === 1, "an incident");
    incident = (await incidents.list())[0]?.id ?? "";
    await waitUntil(async () => (await incidents.facts.claims(incident)).length >= 4, "the facts");
    const claims = await incidents.facts.claims(incident);
    const knew = claims.filter(({ fact }) => fact === "knew");
    assert.equal(knew.length, 2);
    assert.deepEqual(knew[0]?.rests, [finding.id]);
    assert.equal(knew[0]?.value, finding.at);
    const preliminary = (await incidents.facts.clocks(incident)).filter(
      ({ duty }) => duty.id === "preliminary",
    );
    assert.equal(preliminary.length, 2, "a clock for each");
    const contract = (await incidents.facts.clocks(incident)).find(({ law }) => law === "contract-mobile");
    assert.equal(contract?.lawName.en, "Contract with Mobile company");
  });

  test("who owns the question was asked by mail, and the directors were told", async () => {
    await waitUntil(async () => mails.some(({ to }) => to.includes("board@station.example")), "the mail");
    const asked = mails.filter(({ to }) => to.includes("dpo@station.example"));
    assert.ok(asked.length >= 1);
    assert.match(asked[0]?.text ?? "", new RegExp(`/decisions/`));
    const told = async () =>
      (await station.services.ledger.search({ code: "directors-told", limit: 10 })).rows;
    await waitUntil(async () => (await told()).length === 1, "the entry");
    assert.equal((await told())[0]?.entry.data["state"], "done");
  });

  test("after a restart nothing is done a second time", async () => {
    await station.close();
    const claims = (): Promise<number> =>
      station.station.incidents.facts.claims(incident).then(({ length }) => length);
    const before = mails.length;
    station = await startStation(config, { quiet: true });
    const known = await claims();
    await station.station.desk.carryOutSettled();
    await station.station.desk.takeUp();
    await station.station.desk.asking.askDue();
    assert.equal(await claims(), known);
    assert.equal(mails.length, before);
    const view = await station.services.room.view(incident);
    assert.deepEqual(
      view.decisions.map(({ state }) => state),
      ["defaulted", "defaulted"],
    );
    const timeline = await station.services.room.timeline(incident, { counsel: true });
    assert.ok(timeline.some(({ what }) => what.ja.startsWith("回答がなく")));
    assert.ok(timeline.some(({ kind }) => kind === "finding"));
  });
});
