import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { mail2016 } from "./fixtures/mail2016.ts";
import { ordinaryMails } from "./fixtures/ordinaryMails.ts";

const folder = mkdtempSync(join(tmpdir(), "sekisho-inspect-"));
after(() => rmSync(folder, { recursive: true, force: true }));
const root = fileURLToPath(new URL("../../..", import.meta.url));
const cli = join(root, "src", "cli.ts");

type Ran = { status: number | null; out: string; err: string };

function inspect(args: string[], input?: Buffer): Promise<Ran> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [cli, "mail", "inspect", ...args], {
      cwd: root,
      env: { LANG: "C" },
    });
    const ran = { out: "", err: "" };
    child.stdout.setEncoding("utf8").on("data", (text: string) => (ran.out += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (ran.err += text));
    child.on("close", (status) => resolve({ status, ...ran }));
    child.stdin.end(input);
  });
}

function write(name: string, bytes: Buffer): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

const [ordinary, second] = ordinaryMails() as [
  ReturnType<typeof ordinaryMails>[number],
  ReturnType<typeof ordinaryMails>[number],
];
const held = write("held.eml", mail2016({ archive: "lzh" }).raw);
const passed = write("passed.eml", ordinary.raw);

test("inspectMail() prints one JSON object a message and ends with 10 when something is held", async () => {
  const { status, out } = await inspect(["--json", "--no-dns", held, passed]);
  assert.equal(status, 10);
  const lines = out
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  assert.deepEqual(
    lines.map((line) => [line.file, line.verdict]),
    [
      [held, "hold"],
      [passed, "pass"],
    ],
  );
  assert.deepEqual(Object.keys(lines[0]), [
    "file",
    "messageId",
    "verdict",
    "order",
    "reasons",
    "auth",
    "parts",
    "ms",
  ]);
  const [reason] = lines[0].reasons;
  assert.deepEqual(Object.keys(reason), ["code", "technique", "severity", "because", "part"]);
  assert.deepEqual([reason.code, reason.severity, reason.part], ["document-icon", "critical", "2/1"]);
  assert.match(reason.because.ja, /フォルダーのアイコン/);
  assert.deepEqual(lines[0].parts[1].parts[0].names, ["E-TKT控え　　　　　　　　　　　　.exe"]);
});

test("inspectMail() ends with 0 when all passed, and says so to people", async () => {
  const { status, out, err } = await inspect(["--no-dns", passed]);
  assert.deepEqual([status, err], [0, ""]);
  assert.match(out, /^PASS {2}/);
  assert.match(out, /\n1 passed, 0 held, 0 refused, 0 unreadable\n$/);
});

test("inspectMail() tells what it cannot read and goes on with the rest", async () => {
  const binary = write("a.bin", Buffer.alloc(100, 1));
  const empty = write("empty.eml", Buffer.alloc(0));
  const { status, out, err } = await inspect([
    "--json",
    "--no-dns",
    join(folder, "none"),
    binary,
    empty,
    passed,
  ]);
  assert.equal(status, 2);
  assert.equal(out.trimEnd().split("\n").length, 1);
  assert.match(err, /Cannot read ".*none" as mail: ENOENT/);
  assert.match(err, /Cannot read ".*a\.bin" as mail: its first line is no header field\n {2}give a message/);
  assert.match(err, /Cannot read ".*empty\.eml" as mail: it is empty/);
});

test("inspectMail() reads mailboxes and standard input", async () => {
  const line = (raw: Buffer): Buffer =>
    Buffer.concat([Buffer.from("From a@x.example Tue Mar 15 09:12:00 2016\n"), raw, Buffer.from("\n")]);
  const box = Buffer.concat([line(ordinary.raw), line(second.raw), line(mail2016({ archive: "zip" }).raw)]);
  const path = write("all.mbox", box);
  for (const [args, input] of [[["--json", "--no-dns", path]], [["--json", "--no-dns", "-"], box]] as [
    string[],
    Buffer?,
  ][]) {
    const { status, out } = await inspect(args, input);
    assert.equal(status, 10);
    const verdicts = out
      .trimEnd()
      .split("\n")
      .map((text) => JSON.parse(text).verdict);
    assert.deepEqual(verdicts, ["pass", "pass", "hold"]);
  }
});

const mistakes: [what: string, args: string[], message: RegExp][] = [
  [
    "nothing is named",
    [],
    /Cannot inspect nothing: name a file, a folder or -\n {2}try: sekisho mail inspect --help/,
  ],
  ["an option is unknown", ["--what"], /Cannot read the arguments: Unknown option '--what'\n/],
  ["the language is unknown", ["--lang", "fr", passed], /Cannot print reasons in "fr": en or ja is needed/],
  [
    "the count of workers is none",
    ["--workers", "0", passed],
    /Cannot use 0 workers: a whole number from 1 to 64/,
  ],
  [
    "the policy has an unknown key",
    ["--policy", write("p.yaml", Buffer.from("orderz: []\n")), passed],
    /Cannot use the policy ".*p\.yaml": at the top: .*orderz/,
  ],
];
for (const [what, args, message] of mistakes) {
  test(`inspectMail() explains it when ${what}`, async () => {
    const { status, err } = await inspect(args);
    assert.equal(status, 2);
    assert.match(err, message);
  });
}

test("inspectMail() goes by the policy that is given", async () => {
  const order = "{name: no-programs, decidedBy: A, because: B, anyOf: [executable-in-archive], do: refuse}";
  const policy = write("refuse.yaml", Buffer.from(`orders:\n  - ${order}\n`));
  const { status, out } = await inspect(["--no-dns", "--lang", "ja", "--policy", policy, held]);
  assert.equal(status, 10);
  assert.match(out, /^拒否 .*\n.*\n.*\n {6}事前の決定: no-programs\n/);
});

const data = join(root, "..", "shared", "data", "mail");
const absent = existsSync(data)
  ? false
  : "needs the development mails in ../shared/data/mail, which are not there";

test(
  "inspectMail() reads all development mails without a crash, none longer than 3 s",
  { skip: absent },
  async () => {
    const { status, out, err } = await inspect(["--json", "--no-dns", data]);
    assert.ok(status === 2 || status === 10);
    assert.ok(!/Error|at file:/.test(err.replaceAll(/^sekisho: .*\n {2}.*\n/gm, "")));
    const lines = out
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    assert.ok(lines.length > 400);
    assert.ok(lines.every((line) => line.ms < 3000));
    assert.ok(
      !lines.some((line) =>
        line.reasons.some((reason: { code: string }) => reason.code === "reading-failed"),
      ),
    );
    const ham = lines.filter((line) => line.file.includes("/ham/"));
    assert.ok(ham.filter((line) => line.verdict !== "pass").length <= ham.length * 0.02);
  },
);
