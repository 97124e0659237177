import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo, type Server as NetServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { SMTPServer } from "smtp-server";
import { SmtpConnection, SmtpRefusal, type Server } from "./smtpConnection.ts";

const folder = mkdtempSync(join(tmpdir(), "sekisho-smtp-"));
const times = { commandSeconds: 2, answerSeconds: 1 };
const options = { helloName: "mail.agency.example", times };
const mail = {
  from: "bounce@agency.example",
  to: "taro@mail.example.jp",
  message: "Subject: x\r\n\r\n.a\r\n..b\r\n",
};
let server: SMTPServer;
let taken: { text: string; secure: boolean; user: string | undefined }[] = [];
let port = 0;

before(async () => {
  const [key, cert] = [join(folder, "key.pem"), join(folder, "cert.pem")];
  const subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"];
  const made = [
    "req",
    "-x509",
    "-newkey",
    "ec",
    "-pkeyopt",
    "ec_paramgen_curve:P-256",
    "-nodes",
    "-days",
    "1",
  ];
  execFileSync("openssl", [...made, ...subject, "-keyout", key, "-out", cert], { stdio: "ignore" });
  writeFileSync(join(folder, "password"), "secret\n");
  server = new SMTPServer({
    ...{ key: readFileSync(key), cert: readFileSync(cert), authOptional: true },
    onAuth({ username, password }, _session, callback) {
      callback(null, password === "secret" ? { user: username ?? "" } : {});
    },
    onData(stream, session, callback) {
      const parts: Buffer[] = [];
      stream.on("data", (part: Buffer) => parts.push(part));
      stream.on("end", () => {
        const text = Buffer.concat(parts).toString("latin1");
        taken.push({ text, secure: session.secure, user: session.user as string | undefined });
        callback(null, "OK");
      });
    },
  });
  server.on("error", () => {});
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  port = (server.server.address() as AddressInfo).port;
});
after(async () => {
  await new Promise<void>((resolve) => server.close(() => resolve()));
  rmSync(folder, { recursive: true, force: true });
});

const to = (more: Partial<Server>): Server => ({
  host: "127.0.0.1",
  port,
  tls: "required",
  verify: false,
  ...more,
});

test("send() encrypts by STARTTLS, signs in, and hands over the exact bytes", async () => {
  taken = [];
  const login = { user: "notice", passwordFile: join(folder, "password") };
  const connection = await SmtpConnection.open(to(login), options);
  let told = 0;
  const handed = await connection.send(mail, () => (told += 1));
  await connection.close();
  assert.equal(handed.end, "sent");
  assert.equal(told, 1);
  assert.deepEqual(taken, [{ text: mail.message, secure: true, user: "notice" }]);
});

test("open() refuses a certificate that does not fit, a wrong password, a server without TLS", async () => {
  await assert.rejects(SmtpConnection.open(to({ verify: true }), options), { code: "peer-unavailable" });
  writeFileSync(join(folder, "wrong"), "wrong");
  const login = { user: "notice", passwordFile: join(folder, "wrong") };
  await assert.rejects(SmtpConnection.open(to(login), options), SmtpRefusal);
  await withScript(["220 hi", "250 hi"], async (plain) => {
    const bare = { ...to({}), port: plain };
    await assert.rejects(SmtpConnection.open(bare, options), { code: "peer-unavailable" });
  });
});

/** A server that answers with line after line of a script, whatever it hears; "-" ends the connection. */
async function withScript(answers: readonly string[], act: (port: number) => Promise<void>): Promise<void> {
  const sockets = new Set<Socket>();
  const scripted: NetServer = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    let at = 0;
    const next = (): void => {
      const answer = answers[at++];
      if (answer === "-") socket.destroy();
      else if (answer !== undefined) socket.write(`${answer}\r\n`);
    };
    next();
    socket.on("data", next);
  });
  await new Promise<void>((resolve) => scripted.listen(0, "127.0.0.1", resolve));
  try {
    await act((scripted.address() as AddressInfo).port);
  } finally {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => scripted.close(resolve));
  }
}

const hello = ["220 hi", "250 hi"];
const rows: [what: string, script: string[], end: string, begun: boolean][] = [
  ["a server that takes it", [...hello, "250 ok", "250 ok", "354 go", "250 ok"], "sent", true],
  ["a refused sender", [...hello, "550 no", "250 ok"], "refused", false],
  ["a refused recipient", [...hello, "250 ok", "550 no", "250 ok"], "refused", false],
  ["a refused body", [...hello, "250 ok", "250 ok", "354 go", "554 no"], "refused", true],
  ["an end after MAIL", [...hello, "250 ok", "-"], "unsent", false],
  ["an end instead of 354", [...hello, "250 ok", "250 ok", "-"], "unsent", false],
  ["an end after the body", [...hello, "250 ok", "250 ok", "354 go", "-"], "doubt", true],
  ["silence after the body", [...hello, "250 ok", "250 ok", "354 go"], "doubt", true],
  ["nonsense after the body", [...hello, "250 ok", "250 ok", "354 go", "what?"], "doubt", true],
];
for (const [what, script, end, begun] of rows) {
  test(`send() says ${end} for ${what}`, async () => {
    await withScript(script, async (plain) => {
      const connection = await SmtpConnection.open({ ...to({ tls: "none" }), port: plain }, options);
      let told = false;
      const handed = await connection.send(mail, () => (told = true));
      assert.equal(handed.end, end);
      assert.equal(told, begun);
      await connection.close();
    });
  });
}

test("send() sends nothing, when what it is about to do cannot be written down", async () => {
  taken = [];
  const connection = await SmtpConnection.open(to({}), options);
  const handed = await connection.send(mail, () => {
    throw new Error("disk full");
  });
  assert.equal(handed.end, "unsent");
  assert.equal(connection.usable, false);
  assert.deepEqual(taken, []);
});
