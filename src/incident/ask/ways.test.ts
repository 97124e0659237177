import assert from "node:assert/strict";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, describe, test } from "node:test";
import { SMTPServer } from "smtp-server";
import { AskSettings } from "./settings.ts";
import { tellByAllWays, type AskMessage } from "./ways.ts";

const message: AskMessage = {
  subject: { ja: "【関所】判断が必要です", en: "Sekisho: a decision waits for you" },
  lines: [
    { ja: "全面遮断しますか。", en: "Cut everything off?" },
    { ja: "期限：11:00", en: "Until 11:00" },
  ],
  url: "https://sekisho.example/decisions/1",
};

describe("tellByAllWays()", () => {
  const mails: { to: string[]; text: string }[] = [];
  const posts: { path: string; body: unknown }[] = [];
  let smtp: SMTPServer;
  let http: Server;
  let ports: { smtp: number; http: number };

  before(async () => {
    smtp = new SMTPServer({
      authOptional: true,
      disabledCommands: ["STARTTLS"],
      onRcptTo: ({ address }, _session, done) =>
        done(address.startsWith("gone") ? new Error("no such user") : null),
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
    http = createServer((request, response) => {
      const parts: Buffer[] = [];
      request.on("data", (part: Buffer) => parts.push(part));
      request.on("end", () => {
        posts.push({ path: request.url ?? "", body: JSON.parse(Buffer.concat(parts).toString()) });
        if (request.url === "/elsewhere") response.writeHead(302, { location: "/slack" }).end();
        else response.writeHead(request.url === "/broken" ? 500 : 200).end("ok");
      });
    });
    await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
    const port = (server: { address(): unknown }): number => (server.address() as AddressInfo).port;
    ports = { smtp: port(smtp.server), http: port(http) };
  });
  after(async () => {
    await new Promise<void>((resolve) => smtp.close(resolve));
    http.closeAllConnections();
    await new Promise((resolve) => http.close(resolve));
  });

  const settings = (more: object = {}) => {
    const from = "Sekisho <sekisho@station.example>";
    return AskSettings.parse({ mail: { host: "127.0.0.1", port: ports.smtp, tls: "off", from }, ...more });
  };

  test("writes one mail in both languages, and says whom it did not reach", async () => {
    const to = ["first@station.example", "gone@station.example"];
    const [result] = await tellByAllWays(settings(), message, to, { password: null });
    assert.deepEqual(result, {
      way: "mail",
      reached: ["first@station.example"],
      problem: "refused for 1 of 2",
    });
    const [mail] = mails.splice(0);
    assert.deepEqual(mail?.to, ["first@station.example"]);
    assert.match(mail?.text ?? "", /Auto-Submitted: auto-generated/i);
    assert.match(mail?.text ?? "", /https:\/\/sekisho\.example\/decisions\/1/);
  });

  test("posts the form that each service takes; one that fails does not stop the others", async () => {
    const base = `http://127.0.0.1:${ports.http}`;
    const webhooks = [
      { url: `${base}/slack`, form: "slack" },
      { url: `${base}/broken`, form: "json" },
      { url: `${base}/teams`, form: "teams" },
      { url: `${base}/works`, form: "line-works" },
      { url: `${base}/elsewhere`, form: "json" },
      { url: "http://127.0.0.1:1/", form: "json" },
    ];
    const results = await tellByAllWays(settings({ mail: undefined, webhooks }), message, ["x@y.example"], {
      password: null,
    });
    assert.deepEqual(
      results.map(({ reached }) => reached.length),
      [1, 0, 1, 1, 0, 0],
    );
    assert.equal(results[1]?.problem, "it answered 500");
    assert.ok(results.slice(4).every(({ problem }) => problem !== null));
    const body = (path: string): any => posts.find((post) => post.path === path)?.body;
    assert.match(body("/slack").text, /全面遮断しますか。[\s\S]*Cut everything off\?/);
    const [card] = body("/teams").attachments;
    assert.equal(card.content.actions[0].url, message.url);
    assert.match(body("/works").content.text, /全面遮断/);
    assert.equal(posts.filter(({ path }) => path === "/slack").length, 1, "nothing is sent elsewhere");
  });
});
