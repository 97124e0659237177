import assert from "node:assert/strict";
import { after, describe, test, type TestContext } from "node:test";
import { testStores, type TestStore } from "../../lib/sql/testStores.ts";
import type { Question } from "../decide.ts";
import { TestOffice } from "../testOffice.ts";

const label = { ja: "はい", en: "yes" };
const option = { label, consequence: label, undo: label };

function question(office: TestOffice, more: Partial<Question> = {}): Question {
  return {
    code: "question",
    subject: `question ${office.entries.length}`,
    about: {},
    question: { ja: "遮断しますか", en: "Cut it off?" },
    options: [
      { code: "yes", ...option },
      { code: "no", ...option },
    ],
    owner: { role: "approver", person: null },
    secondPerson: false,
    deadline: office.now.add({ hours: 2 }),
    defaultOption: "yes",
    restsOn: [],
    ...more,
  };
}

async function open(store: TestStore, context: TestContext): Promise<TestOffice> {
  const office = await TestOffice.open(store);
  context.after(() => office.close());
  return office;
}

/** Lets time go by in steps of a minute, with a restart now and then and entries that come twice. */
async function live(office: TestOffice, minutes: number): Promise<void> {
  for (let minute = 0; minute < minutes; minute += 1) {
    office.now = office.now.add({ minutes: 1 });
    if (minute % 7 === 3) office.restart();
    await office.index(2);
    await office.decisions.settleDue();
    await office.asking.askDue();
  }
}

const steps = (office: TestOffice): string[] =>
  office.told.map(({ at, persons }) => `${at} ${persons.length}`);

for (const store of testStores()) {
  describe(`asking in ${store.kind}`, { skip: store.skip }, () => {
    after(() => store.close());

    test("askDue() goes up the ladder, each step once, until it is settled", async (context) => {
      const office = await open(store, context);
      await office.decisions.ask(question(office));
      await office.asking.askDue();
      await live(office, 150);
      assert.deepEqual(steps(office), [
        "2016-04-01T00:00:00Z 2",
        "2016-04-01T00:10:00Z 2",
        "2016-04-01T00:30:00Z 3",
      ]);
      const lines = office.told[0]?.message.lines.map(({ ja }) => ja);
      assert.deepEqual(lines, [
        "遮断しますか",
        "期限：2016-04-01 11:00 (Asia/Tokyo)",
        "期限までに回答がなければ「はい」になります。",
      ]);
      const entries = office.entries.filter(({ code }) => code === "ask-told");
      assert.equal(entries.length, 3);
      assert.ok(
        entries.every((entry) => !JSON.stringify(entry).includes("@")),
        "no address in the ledger",
      );
    });

    test("askDue() asks nobody any more once somebody has taken it on, or answered", async (context) => {
      const office = await open(store, context);
      const taken = await office.decisions.ask(question(office));
      office.now = office.now.add({ seconds: 1 });
      const answered = await office.decisions.ask(question(office, { subject: "another" }));
      await office.asking.askDue();
      await office.asking.take(`decision ${taken.id}`, { person: "first", comment: "見ています" });
      await office.decisions.answer(
        answered.id,
        { id: "second", name: "第二" },
        { option: "no", reason: "不要" },
      );
      await live(office, 60);
      assert.equal(office.told.length, 2);
      const asked = await office.asking.asked(`decision ${taken.id}`);
      assert.deepEqual(
        asked.taken.map(({ person }) => person),
        ["first"],
      );
      await assert.rejects(office.asking.take("decision none", { person: "first", comment: "x" }), {
        code: "not-found",
      });
    });

    test("askDue() asks again where nobody was reached, and records that once", async (context) => {
      const office = await open(store, context);
      office.tell = () => [{ way: "mail", reached: [], problem: "connection refused" }];
      await office.decisions.ask(question(office));
      for (let minute = 0; minute < 5; minute += 1) {
        await office.asking.askDue();
        await office.asking.askDue();
        office.now = office.now.add({ minutes: 1 });
      }
      assert.equal(office.told.length, 5);
      assert.equal(office.entries.filter(({ code }) => code === "ask-failed").length, 1);
      office.tell = (persons) => [{ way: "mail", reached: [...persons], problem: null }];
      await office.asking.askDue();
      await office.asking.askDue();
      assert.equal(office.told.length, 6);
    });

    test("askDue() tells of legal deadlines over 61 days, at their instants", async (context) => {
      const office = await open(store, context);
      const id = await office.incidents.open("a case", "hanako");
      const facts = {
        "improper-purpose": true,
        "high-grade-encryption": false,
        "we-process-for-others": false,
        knew: "2016-04-01",
      } as const;
      for (const [fact, value] of Object.entries(facts)) {
        const claim = { fact: fact as keyof typeof facts, value, source: "seen" };
        await office.incidents.facts.claim(id, claim, "hanako");
      }
      const duty = { law: "jp-appi", duty: "preliminary", at: office.now };
      for (let hour = 0; hour < 61 * 24; hour += 1) {
        office.now = office.now.add({ hours: 1 });
        if (hour % 5 === 0) office.restart();
        if (hour === 100) await office.incidents.facts.done(id, duty, { person: "hanako", reason: "受付 1" });
        await office.incidents.deadlines.tellDue();
        await office.asking.askDue();
        // The first who hears of it takes it on.
        for (const { id: matter } of await office.asking.waiting()) {
          if ((await office.asking.asked(matter)).taken.length > 0) continue;
          await office.asking.take(matter, { person: "privacy", comment: "対応中" });
        }
      }
      assert.deepEqual(
        office.told.map(
          ({ at, message }) => `${at} ${message.lines[0]?.en.split(", ")[1] ?? message.lines[0]?.en}`,
        ),
        await expectedDeadlines(office, id),
      );
    });
  });
}

/** What the ledger says was told of each deadline: of each, people hear at that very instant. */
async function expectedDeadlines(office: TestOffice, incident: string): Promise<string[]> {
  const told = office.entries.filter(({ code }) => code.startsWith("deadline-"));
  assert.ok(told.length >= 6, "several deadlines came near");
  const clocks = await office.incidents.facts.clocks(incident);
  return told.map(({ at, data }) => {
    const clock = clocks.find(({ duty }) => duty.id === data["duty"]);
    const name = `${clock?.lawName.en}: ${clock?.duty.name.en}`;
    return `${at.replace(".000Z", "Z")} ${name.split(", ")[1] ?? name}`;
  });
}
