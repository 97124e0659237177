import assert from "node:assert/strict";
import { test } from "node:test";
import { MailSettings } from "../settings.ts";
import { Clients } from "./clients.ts";

const { limits } = MailSettings.parse({
  inbound: { port: 25, domains: ["a.example"], nextHop: { host: "b.example" } },
  limits: { connectionsPerClientMax: 2, messagesPerClientPerMinute: 3 },
});

test("Clients.enter() refuses the connection over the limit, until one leaves", () => {
  const clients = new Clients(limits, []);
  const session = (id: string) => ({ id, remoteAddress: "192.0.2.1" });
  assert.deepEqual(
    ["a", "b", "c"].map((id) => clients.enter(session(id))),
    [true, true, false],
  );
  clients.leave(session("c"));
  clients.leave(session("a"));
  assert.equal(clients.enter(session("d")), true);
  assert.equal(clients.enter({ id: "e", remoteAddress: "192.0.2.2" }), true);
});

test("Clients.leave() frees the address that came, when XFORWARD has changed it since", () => {
  const clients = new Clients(limits, []);
  for (let number = 0; number < 20; number++) {
    const id = String(number);
    assert.equal(clients.enter({ id, remoteAddress: "127.0.0.1" }), true);
    clients.leave({ id });
  }
});

test("Clients lets a front host bring everybody's mail, and limits those whom it names", () => {
  const clients = new Clients(limits, ["127.0.0.1"]);
  for (let number = 0; number < 20; number++) {
    assert.equal(clients.enter({ id: String(number), remoteAddress: "::ffff:127.0.0.1" }), true);
    assert.equal(clients.takeMessage({ id: String(number), remoteAddress: "127.0.0.1" }, 0), true);
  }
  const named = { id: "x", remoteAddress: "192.0.2.7" };
  assert.deepEqual(
    [0, 1, 2, 3].map((at) => clients.takeMessage(named, at)),
    [true, true, true, false],
  );
  assert.equal(clients.takeMessage(named, 60_000), true);
});
