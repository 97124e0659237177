import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { RawClient } from "./rawClient.ts";
import { RecordsStage, skip, type TestGate } from "./testRecords.ts";

/** At the budget exactly so many customers have reached the client, whatever the way and the number. */

const budgets = [1, 100, 1_000, 12_345, 100_000] as const;
const ways = {
  select: (raw: RawClient) => raw.query("select id, email from customers"),
  "select without key": (raw: RawClient) => raw.query("select email from customers"),
  copy: (raw: RawClient) => raw.query("copy customers to stdout"),
  "copy csv": (raw: RawClient) =>
    raw.query("copy (select email, id from customers) to stdout with (format csv, header)"),
  "copy binary": (raw: RawClient) => raw.query("copy customers to stdout with (format binary)"),
  extended: (raw: RawClient) => raw.extended("select id, email from customers"),
  "extended binary": (raw: RawClient) => raw.extended("select id, email from customers", 1),
} satisfies Record<string, (raw: RawClient) => Promise<boolean>>;

let stage: RecordsStage;
let gate: TestGate;

before(async () => {
  if (skip !== false) return;
  stage = new RecordsStage(103_000);
  gate = await stage.gate({
    policy: { groups: budgets.map((hour) => ({ name: `b${hour}`, budget: { hour } })) },
    persons: budgets.flatMap((hour, at) =>
      Object.keys(ways).map((_, way) => ({ login: `p${at * 10 + way + 1}`, group: `b${hour}` })),
    ),
  });
});
after(() => stage?.close());

for (const [at, budget] of budgets.entries()) {
  for (const [way, [name, ask]] of Object.entries(ways).entries()) {
    test(
      `exactly ${budget} customers by ${name}, then 53400 and a session that goes on`,
      { skip },
      async () => {
        const user = `p${at * 10 + way + 1}`;
        const raw = await RawClient.open({ port: gate.port, user, database: gate.place.database });
        assert.equal(await ask(raw), true);
        assert.equal(raw.customers, budget);
        assert.deepEqual(raw.errors, ["53400"]);
        raw.forget();
        assert.equal(await raw.query("select 'still here'"), true);
        assert.match(raw.text, /still here/);
        raw.close();
      },
    );
  }
}
