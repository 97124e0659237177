import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { makeEntry } from "../ledger/draft.ts";
import type { Entry, EntryDraft, EntryId } from "../ledger/entry.ts";
import { EvidenceStore } from "../ledger/evidence.ts";
import { Keyring } from "../ledger/keyring.ts";
import { realDisk } from "../lib/disk.ts";
import { migrate } from "../lib/sql/migrate.ts";
import { testStores, type TestStore } from "../lib/sql/testStores.ts";
import { migrations } from "../station/migrations/index.ts";
import { Decisions, weighAnswer, type Decision, type Question } from "./decide.ts";

const options: Question["options"] = ["release", "refuse"].map((code) => {
  const said = { en: code, ja: code };
  return { code, label: said, consequence: said, undo: said };
});

/**
 * state, second person needed, first answer (person option), this answer (person option) → state, entry or
 * error
 */
const rows = `
  asked     | no  |               | alice release | answered  | decision-answered
  asked     | yes |               | alice release | seconding | decision-proposed
  seconding | yes | alice release | bob release   | answered  | decision-answered
  seconding | yes | alice release | bob refuse    | asked     | decision-contradicted
  seconding | yes | alice release | alice release | error     | not-permitted
  seconding | yes | alice release | alice refuse  | error     | not-permitted
  answered  | no  | alice release | bob refuse    | error     | conflict
  defaulted | yes |               | bob refuse    | error     | conflict
  withdrawn | yes |               | bob refuse    | error     | conflict
  asked     | no  |               | alice burn    | error     | usage`
  .trim()
  .split("\n")
  .map((line) => line.split("|").map((cell) => cell.trim()));

for (const [state, second, first = "", now = "", outcome, code] of rows) {
  const when = `"${now}" after "${first}", ${state}, second person: ${second}`;
  test(`weighAnswer() gives ${outcome} (${code}) for ${when}`, () => {
    const at = "2016-03-15T00:00:00Z";
    const [person = "", option = ""] = first.split(" ");
    const answers = first === "" ? [] : [{ person, personName: person, option, reason: "because", at }];
    const decision = { state: state as Decision["state"], options, secondPerson: second === "yes", answers };
    const [answerer = "", answered = ""] = now.split(" ");
    const weigh = () => weighAnswer(decision, { person: answerer, option: answered, reason: "because" });
    if (outcome === "error") assert.throws(weigh, { code });
    else assert.deepEqual(weigh(), { state: outcome, code });
  });
}

for (const reason of ["", "   ", "x".repeat(2_001)]) {
  test(`weighAnswer() asks for a reason where there are ${reason.length} characters`, () => {
    const decision = { state: "asked" as const, options, secondPerson: false, answers: [] };
    assert.throws(() => weighAnswer(decision, { person: "alice", option: "release", reason }), {
      code: "usage",
      message: "Cannot answer without a reason of 1 to 2000 characters",
    });
  });
}

async function openDecisions(store: TestStore) {
  const folder = mkdtempSync(join(tmpdir(), "sekisho-decide-"));
  const state = await store.open();
  await migrate(state.db, migrations);
  const entries: Entry[] = [];
  let clock = Temporal.Instant.from("2016-03-20T00:00:00Z");
  const write = (draft: EntryDraft): Entry => {
    const entry = makeEntry(draft, { by: "station", now: clock });
    entries.push(entry);
    return entry;
  };
  const keyring = await Keyring.open(realDisk, join(folder, "keys"));
  const settled: Decision[] = [];
  const decisions = new Decisions({
    db: state.db,
    recorder: { append: async (draft) => write(draft), note: write, flush() {} },
    evidence: new EvidenceStore(realDisk, join(folder, "evidence"), keyring),
    now: () => clock,
    onSettled: async (decision) => void settled.push(decision),
  });
  const close = async (): Promise<void> => {
    await state.close();
    rmSync(folder, { recursive: true, force: true });
  };
  return { decisions, entries, settled, close, pass: (hours: number) => (clock = clock.add({ hours })) };
}

function questionOf(subject: string, secondPerson: boolean): Question {
  return {
    code: "held-mail",
    subject,
    about: { mail: subject },
    question: { en: "Shall it reach its recipient?", ja: "宛先に渡しますか。" },
    options,
    owner: { role: "approver", person: null },
    secondPerson,
    deadline: Temporal.Instant.from("2016-03-23T00:00:00Z"),
    defaultOption: "refuse",
    restsOn: ["01953a1b-0000-7000-8000-000000000001" as EntryId],
  };
}

const [alice, bob] = [
  { id: "alice", name: "Alice" },
  { id: "bob", name: "Bob" },
];

for (const store of testStores()) {
  describe(`decisions in ${store.kind}`, { skip: store.skip }, () => {
    after(() => store.close());

    test("Decisions.ask() puts a subject once, and its entry rests on what it is about", async () => {
      const { decisions, entries, close } = await openDecisions(store);
      const one = await decisions.ask(questionOf("m1", true));
      const again = await decisions.ask(questionOf("m1", true));
      assert.equal(one.id, again.id);
      assert.equal(entries.length, 1);
      assert.deepEqual(entries[0]?.rests, ["01953a1b-0000-7000-8000-000000000001"]);
      assert.equal(entries[0]?.about["decision"], one.id);
      await close();
    });

    test("Decisions.answer() takes two persons where two are needed, in a chain of entries", async () => {
      const { decisions, entries, settled, close } = await openDecisions(store);
      const { id } = await decisions.ask(questionOf("m2", true));
      const proposed = await decisions.answer(id, alice, { option: "release", reason: "I asked by phone" });
      assert.equal(proposed.state, "seconding");
      await assert.rejects(decisions.answer(id, alice, { option: "release", reason: "again" }), {
        code: "not-permitted",
      });
      assert.equal(settled.length, 0);
      const answered = await decisions.answer(id, bob, { option: "release", reason: "me too" });
      assert.equal(answered.state, "answered");
      assert.equal(answered.outcome, "release");
      assert.deepEqual(
        settled.map((decision) => decision.id),
        [id],
      );
      assert.deepEqual(
        entries.map((entry) => entry.code),
        ["decision-asked", "decision-proposed", "decision-answered"],
      );
      assert.deepEqual(entries[2]?.rests, [entries[1]?.id]);
      assert.deepEqual(entries[1]?.rests, [entries[0]?.id]);
      const printed = JSON.stringify(entries);
      assert.equal(printed.includes("by phone"), false, "what a person wrote stays out of the ledger");
      await close();
    });

    test("Decisions.answer() lets one of two hasty answers through", async () => {
      const { decisions, settled, close } = await openDecisions(store);
      const { id } = await decisions.ask(questionOf("m3", false));
      const both = await Promise.allSettled([
        decisions.answer(id, alice, { option: "release", reason: "yes" }),
        decisions.answer(id, bob, { option: "refuse", reason: "no" }),
      ]);
      assert.deepEqual(both.map((one) => one.status).sort(), ["fulfilled", "rejected"]);
      assert.equal(settled.length, 1);
      await close();
    });

    test("Decisions.settleDue() lets a question fall to its default at its deadline, once", async () => {
      const { decisions, entries, settled, pass, close } = await openDecisions(store);
      const { id } = await decisions.ask(questionOf("m4", true));
      await decisions.answer(id, alice, { option: "release", reason: "one alone" });
      pass(71);
      assert.equal(await decisions.settleDue(), 0);
      pass(1);
      assert.equal(await decisions.settleDue(), 1);
      assert.equal(await decisions.settleDue(), 0);
      assert.equal((await decisions.get(id)).outcome, "refuse");
      assert.deepEqual(
        settled.map((decision) => decision.state),
        ["defaulted"],
      );
      assert.equal(entries.at(-1)?.code, "decision-defaulted");
      await assert.rejects(decisions.answer(id, bob, { option: "release", reason: "late" }), {
        code: "conflict",
      });
      await close();
    });

    test("Decisions.list() puts those that wait first, by deadline", async () => {
      const { decisions, close } = await openDecisions(store);
      const one = await decisions.ask(questionOf("m5", false));
      const two = await decisions.ask({
        ...questionOf("m6", false),
        deadline: Temporal.Instant.from("2016-03-21T00:00:00Z"),
      });
      const three = await decisions.ask(questionOf("m7", false));
      await decisions.answer(one.id, alice, { option: "refuse", reason: "no" });
      const listed = await decisions.list({ limit: 10 });
      assert.deepEqual(
        listed.map((decision) => decision.id),
        [two.id, three.id, one.id],
      );
      assert.deepEqual(
        (await decisions.list({ state: "answered", limit: 10 })).map((decision) => decision.id),
        [one.id],
      );
      await assert.rejects(decisions.get("01953a1b-0000-7000-8000-00000000ffff"), { code: "not-found" });
      await close();
    });
  });
}
