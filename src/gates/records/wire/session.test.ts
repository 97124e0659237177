import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Decision, Statements } from "./ports.ts";
import { ask, no, passes, personal, RowLimit, say, TestWire, type TestWatchOptions } from "./testWire.ts";

/** Everything personal is counted by one reading of so many rows. */
function counting(rows: number, options: TestWatchOptions = {}): { wire: TestWire; reading: RowLimit } {
  const reading = new RowLimit(rows);
  const decide = ({ statements, moment }: Statements): Decision => {
    if (moment === "parse" || statements.every((one) => one.class !== "count")) return { do: "pass" };
    return { do: "count", readings: statements.map((one) => (one.class === "count" ? reading : null)) };
  };
  const texts = { "select personal": [personal], ...options.texts };
  const wire = new TestWire({ decide, ...options, texts }).started();
  return { wire, reading };
}

test("Session passes what is not personal, byte for byte", () => {
  const wire = new TestWire().started();
  assert.equal(wire.client(ask.query("select 1")), "Q(select 1)");
  assert.equal(wire.server(say.rows(), say.row("1"), say.complete("SELECT 1"), say.ready()), "T D(1) C Z");
  assert.equal(wire.session.idle, true);
});

test("Session lets exactly the counted rows through, and gives its error for the server's", () => {
  const { wire, reading } = counting(2);
  assert.equal(wire.client(ask.query("select personal")), "Q(select personal)");
  const heard = wire.server(say.rows(), say.row("a"), say.row("b"), say.row("c"), say.row("d"));
  assert.equal(heard, "T D(a) D(b)");
  assert.equal(wire.cancels.length, 1);
  assert.equal(wire.server(say.row("e")), "");
  assert.equal(wire.server(say.error("57014", "canceling"), say.ready()), "E(53400 budget) Z");
  assert.equal(reading.ended, "cut");
  // Nothing goes on before the server has taken the cancel: it could hit the next statement.
  assert.equal(wire.client(ask.query("select 2")), "");
  wire.cancels[0]?.();
  assert.equal(wire.heardByServer(), "Q(select 2)");
});

test("Session gives its error where the statement had ended before the cancel came", () => {
  const { wire } = counting(1);
  wire.client(ask.query("select personal"));
  const heard = wire.server(say.rows(), say.row("a"), say.row("b"), say.complete("SELECT 2"), say.ready());
  assert.equal(heard, "T D(a) E(53400 budget) Z");
  wire.cancels[0]?.();
  assert.equal(wire.client(ask.query("select 2")), "Q(select 2)");
});

test("Session drops what follows in the same text after a cut", () => {
  const { wire } = counting(0, { texts: { both: [personal, passes] } });
  wire.client(ask.query("both"));
  const rest = [
    say.rows(),
    say.row("a"),
    say.complete("SELECT 1"),
    say.rows(),
    say.row("z"),
    say.complete("SELECT 1"),
  ];
  assert.equal(wire.server(...rest, say.ready()), "T E(53400 budget) Z");
});

test("Session cuts rows of COPY to the client", () => {
  const { wire } = counting(1);
  wire.client(ask.query("select personal"));
  const heard = wire.server(
    say.copyOut(),
    say.copyData("a\n"),
    say.copyData("b\n"),
    say.copyDone(),
    say.complete("COPY 2"),
  );
  assert.equal(heard, "H d(a) E(53400 budget)");
  assert.equal(wire.server(say.ready()), "Z");
});

test("Session cuts a portal of the extended protocol, and Sync brings the client back", () => {
  const { wire, reading } = counting(1);
  const sent = wire.client(ask.parse("select personal"), ask.bind(), ask.execute(), ask.sync());
  assert.equal(sent, "P(select personal) B E() S");
  const heard = wire.server(say.parsed(), say.bound(), say.row("a"), say.row("b"));
  assert.equal(heard, "1 2 D(a)");
  assert.equal(wire.server(say.error("57014", "canceling"), say.ready()), "E(53400 budget) Z");
  assert.equal(reading.ended, "cut");
  assert.equal(wire.session.idle, true);
});

test("Session holds back what follows a counted portal, and fails its batch if it was cut too late", () => {
  const { wire } = counting(1);
  const first = [ask.parse("select personal"), ask.bind(), ask.execute()];
  const next = [ask.parse("update", "u"), ask.bind("u"), ask.execute(), ask.sync()];
  // The server is asked for what it has, and the update waits.
  assert.equal(wire.client(...first, ...next), "P(select personal) B E() H");
  const heard = wire.server(say.parsed(), say.bound(), say.row("a"), say.row("b"), say.complete("SELECT 2"));
  assert.equal(heard, "1 2 D(a) E(53400 budget)");
  wire.cancels[0]?.();
  // A portal that does not exist makes the server's batch fail too, so that the update does not run.
  assert.equal(wire.heardByServer(), "E(sekisho cut) P(update) B E() S");
  assert.equal(wire.server(say.error("34000", "no portal"), say.ready()), "Z");
  assert.equal(wire.session.idle, true);
});

test("Session holds Sync back after a batch that has written", () => {
  const writes = { ...passes, verb: "UPDATE", writes: true };
  const { wire } = counting(1, { texts: { update: [writes], "select personal": [personal] } });
  const batch = [
    ask.parse("update"),
    ask.bind(),
    ask.execute(),
    ask.parse("select personal"),
    ask.bind(),
    ask.execute(),
  ];
  assert.equal(wire.client(...batch, ask.sync()), "P(update) B E() P(select personal) B E() H");
  const before = [say.parsed(), say.bound(), say.complete("UPDATE 1"), say.parsed(), say.bound()];
  assert.equal(
    wire.server(...before, say.row("a"), say.row("b"), say.complete("SELECT 2")),
    "1 2 C 1 2 D(a) E(53400 budget)",
  );
  wire.cancels[0]?.();
  assert.equal(wire.heardByServer(), "E(sekisho cut) S");
});

test("Session counts on where a suspended portal is executed again", () => {
  const { wire, reading } = counting(3);
  wire.client(ask.parse("select personal"), ask.bind("", "c"), ask.execute("c"), ask.flush());
  assert.equal(
    wire.server(say.parsed(), say.bound(), say.row("a"), say.row("b"), say.suspended()),
    "1 2 D(a) D(b) s",
  );
  wire.client(ask.execute("c"), ask.sync());
  assert.equal(
    wire.server(say.row("c"), say.row("d"), say.error("57014", "x"), say.ready()),
    "D(c) E(53400 budget) Z",
  );
  assert.equal(reading.left, -1);
});

const refuses = (moment: string) => ({
  texts: { bad: [{ ...passes, class: "bulk" as const }] },
  decide: (seen: Statements): Decision =>
    seen.statements.some((one) => one.class === "bulk") && seen.moment === moment
      ? { do: "refuse", refusal: no }
      : { do: "pass" },
});

test("Session sends a text that fails in place of what was refused, so that order stays right", () => {
  const wire = new TestWire(refuses("query")).started();
  assert.equal(wire.client(ask.query("select 1"), ask.query("bad")), "Q(select 1) Q(sekisho refused)");
  const first = [say.rows(), say.row("1"), say.complete("SELECT 1"), say.ready("T")];
  assert.equal(
    wire.server(...first, say.error("42601", "syntax"), say.ready("E")),
    "T D(1) C Z E(42501 no) Z",
  );
});

test("Session refuses at Parse", () => {
  const wire = new TestWire(refuses("parse")).started();
  const sent = wire.client(ask.parse("bad"), ask.bind(), ask.describe(), ask.execute(), ask.sync());
  assert.equal(sent, "P(sekisho refused) B D E() S");
  assert.equal(wire.server(say.error("42601", "syntax"), say.ready()), "E(42501 no) Z");
  assert.equal(wire.session.idle, true);
});

test("Session refuses at Execute", () => {
  const wire = new TestWire(refuses("execute")).started();
  const sent = wire.client(ask.parse("bad"), ask.bind(), ask.execute(), ask.sync());
  assert.equal(sent, "P(bad) B E(sekisho refused) S");
  assert.equal(
    wire.server(say.parsed(), say.bound(), say.error("34000", "x"), say.ready()),
    "1 2 E(42501 no) Z",
  );
});

test("Session awaits no answer from a server that is deaf until Sync", () => {
  const wire = new TestWire().started();
  wire.client(ask.parse("select nope"), ask.flush());
  assert.equal(wire.server(say.error("42703", "no column")), "E(42703 no column)");
  assert.equal(
    wire.client(ask.bind(), ask.execute(), ask.query("select 1"), ask.sync()),
    "B E() Q(select 1) S",
  );
  assert.equal(wire.server(say.ready()), "Z");
  assert.equal(wire.session.idle, true);
  wire.client(ask.query("select 2"));
  assert.equal(wire.server(say.rows(), say.row("2"), say.complete("SELECT 1"), say.ready()), "T D(2) C Z");
});

test("Session refuses a function call by its number", () => {
  const wire = new TestWire().started();
  assert.equal(wire.client(ask.functionCall()), "F");
  assert.equal(wire.server(say.error("42883", "no function"), say.ready()), "E(42501 no) Z");
});

test("Session waits for a decision, tells the client, and goes on in order", () => {
  let answer: (decision: Decision) => void = () => {};
  const wire = new TestWire({
    texts: { "select personal": [personal] },
    decide: (seen, later) => {
      if (seen.statements[0]?.class !== "count") return { do: "pass" };
      answer = later;
      return { do: "wait", notice: say.notice("held") };
    },
  }).started();
  assert.equal(
    wire.client(ask.query("select 1"), ask.query("select personal"), ask.query("select 3")),
    "Q(select 1)",
  );
  assert.equal(wire.heardByClient(), "N(00000 held)");
  answer({ do: "pass" });
  assert.equal(wire.heardByServer(), "Q(select personal) Q(select 3)");
});

test("Session refuses what was not approved", () => {
  let answer: (decision: Decision) => void = () => {};
  const wire = new TestWire({
    decide: (_seen, later) => {
      answer = later;
      return { do: "wait", notice: null };
    },
  }).started();
  assert.equal(wire.client(ask.query("select 1")), "");
  answer({ do: "refuse", refusal: no });
  assert.equal(wire.heardByServer(), "Q(sekisho refused)");
  assert.equal(wire.server(say.error("42601", "x"), say.ready()), "E(42501 no) Z");
});

test("Session puts a notice between two messages of the server, never into one", () => {
  const wire = new TestWire().started();
  wire.client(ask.query("select 1"));
  const row = say.row("abcdefgh");
  wire.session.fromServer(Buffer.from(row.subarray(0, 9)));
  wire.session.notify(say.notice("now"));
  assert.equal(wire.server(row.subarray(9)), "D(abcdefgh) N(00000 now)");
});

test("Session knows that Sync is not heard while rows come in", () => {
  const wire = new TestWire().started();
  wire.client(ask.parse("copy t from stdin"), ask.bind(), ask.execute(), ask.sync());
  assert.equal(wire.server(say.parsed(), say.bound(), say.copyIn()), "1 2 G");
  wire.client(ask.copyData("1\n"), ask.sync(), ask.copyDone(), ask.sync());
  assert.equal(wire.server(say.complete("COPY 1"), say.ready()), "C Z");
  assert.equal(wire.session.idle, true);
});

test("Session knows a cursor by the statement that declared it", () => {
  const declare = {
    ...passes,
    verb: "DECLARE",
    effect: { do: "declare", name: "c", statement: personal } as const,
  };
  const fetch = { ...passes, verb: "FETCH", effect: { do: "fetch", name: "c" } as const };
  const { wire } = counting(1, { texts: { declare: [declare], fetch: [fetch] } });
  wire.client(ask.query("declare"));
  wire.server(say.complete("DECLARE CURSOR"), say.ready("T"));
  wire.client(ask.query("fetch"));
  assert.equal(wire.server(say.rows(), say.row("a"), say.row("b")), "T D(a)");
});

test("Session takes a name that failed to be made for what it was before", () => {
  const prepare = (statement: typeof passes) => ({
    ...passes,
    effect: { do: "prepare", name: "s", statement } as const,
  });
  const texts = {
    "prepare personal": [prepare(personal)],
    "prepare plain": [prepare(passes)],
    execute: [{ ...passes, effect: { do: "execute", name: "s" } as const }],
  };
  const { wire } = counting(0, { texts });
  wire.client(ask.query("prepare personal"));
  wire.server(say.complete("PREPARE"), say.ready());
  wire.client(ask.query("prepare plain"));
  wire.server(say.error("42P05", "exists"), say.ready());
  wire.client(ask.query("execute"));
  assert.equal(wire.server(say.rows(), say.row("a")), "T");
});

test("Session takes a portal whose Bind failed for what it was before", () => {
  const { wire } = counting(0, { texts: { plain: [passes] } });
  wire.client(ask.parse("select personal", "p"), ask.bind("p", "c"), ask.flush());
  wire.server(say.parsed(), say.bound());
  wire.client(ask.parse("plain", "q"), ask.bind("q", "c"), ask.sync());
  wire.server(say.parsed(), say.error("42P03", "exists"), say.ready("E"));
  // After ROLLBACK TO SAVEPOINT the first portal is there again.
  wire.client(ask.execute("c"), ask.sync());
  assert.equal(wire.server(say.row("a")), "");
});

test("Session refuses a name that it has not seen being made", () => {
  const texts = { execute: [{ ...passes, effect: { do: "execute", name: "elsewhere" } as const }] };
  const decide = ({ statements }: Statements): Decision =>
    statements[0]?.class === "unknown" ? { do: "refuse", refusal: no } : { do: "pass" };
  const wire = new TestWire({ texts, decide }).started();
  assert.equal(wire.client(ask.query("execute")), "Q(sekisho refused)");
});

test("Session withholds the text of an error of a statement that touches personal columns", () => {
  const { wire } = counting(9);
  wire.client(ask.query("select personal"));
  assert.equal(wire.server(say.error("22P02", "invalid: a@b"), say.ready()), "E(22P02 withheld) Z");
});

test("Session lets no row go that the record did not take", () => {
  const { wire } = counting(9, { recordFails: true });
  wire.client(ask.query("select personal"));
  assert.equal(wire.server(say.rows(), say.row("a"), say.complete("SELECT 1")), "E(42501 no)");
  assert.equal(wire.ended, true);
});

test("Session ends where the server answers what was not asked", () => {
  const wire = new TestWire().started();
  wire.server(say.row("a"), say.ready());
  assert.equal(wire.ended, true);
});

test("Session gives the same bytes however they are cut into pieces", () => {
  const clientBytes = Buffer.concat([
    ask.parse("select personal"),
    ask.bind(),
    ask.describe(),
    ask.execute(),
    ask.sync(),
  ]);
  const serverBytes = Buffer.concat([
    say.parsed(),
    say.bound(),
    say.rows(),
    say.row("first"),
    say.row("second"),
    say.row("third"),
    say.error("57014", "canceling"),
    say.ready(),
  ]);
  const play = (pieces: number[]): string => {
    const { wire } = counting(2);
    let heard = "";
    for (const part of split(clientBytes, pieces)) {
      wire.session.fromClient(part);
      part.fill(0xee); // The next read goes into the same buffer.
    }
    heard += `${wire.heardByServer()} / `;
    for (const part of split(serverBytes, pieces)) {
      wire.session.fromServer(part);
      part.fill(0xee);
    }
    return heard + wire.heardByClient();
  };
  const whole = play([]);
  assert.equal(whole, "P(select personal) B D E() S / 1 2 T D(first) D(second) E(53400 budget) Z");
  for (let size = 1; size < 64; size++) assert.equal(play(Array(300).fill(size)), whole);
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 60 }), (pieces) => {
      assert.equal(play(pieces), whole);
    }),
    { seed: 2016, numRuns: 300 },
  );
});

function split(bytes: Buffer, pieces: number[]): Buffer[] {
  const parts: Buffer[] = [];
  let at = 0;
  for (const piece of pieces) {
    if (at >= bytes.length) break;
    parts.push(Buffer.from(bytes.subarray(at, at + piece)));
    at += piece;
  }
  if (at < bytes.length) parts.push(Buffer.from(bytes.subarray(at)));
  return parts;
}

test("Session holds out against any bytes of either side", () => {
  const types = "QPBDECSHXFdcfpRKTtn123sZNAVGI".split("").map((type) => type.charCodeAt(0));
  const message = fc
    .tuple(fc.constantFrom(...types), fc.uint8Array({ maxLength: 40 }))
    .map(([type, body]) => {
      const bytes = Buffer.alloc(body.length + 5);
      bytes[0] = type;
      bytes.writeUInt32BE(body.length + 4, 1);
      Buffer.from(body).copy(bytes, 5);
      return bytes;
    });
  const noise = fc.oneof(
    message,
    message,
    message,
    fc.uint8Array({ maxLength: 30 }).map((bytes) => Buffer.from(bytes)),
  );
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.boolean(), noise), { maxLength: 40 }), (turns) => {
      const { wire } = counting(3);
      for (const [fromClient, bytes] of turns) {
        if (fromClient) wire.session.fromClient(bytes);
        else wire.session.fromServer(bytes);
        for (const done of wire.cancels.splice(0)) done();
      }
    }),
    { seed: 2016, numRuns: 3_000 },
  );
});
