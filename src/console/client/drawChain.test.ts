import assert from "node:assert/strict";
import { test } from "node:test";
import type { IncidentFinding } from "../../station/services.ts";
import { drawChain } from "./drawChain.ts";

const finding = (...keys: IncidentFinding["keys"]): IncidentFinding => ({
  entry: crypto.randomUUID(),
  gate: "outbound",
  at: "2016-03-19T00:00:00Z",
  severity: "high",
  codes: [],
  techniques: [],
  keys,
  why: null,
  about: {},
});

test("drawChain() joins what stands in one finding, from what came in to what went out", () => {
  const drawing = drawChain(
    [
      finding({ kind: "host", value: "10.0.0.8" }, { kind: "mail", value: "m1" }),
      finding({ kind: "destination", value: "c2.invalid" }, { kind: "host", value: "10.0.0.8" }),
      finding({ kind: "destination", value: "c2.invalid" }, { kind: "host", value: "10.0.0.8" }),
    ],
    900,
  );
  assert.deepEqual(
    drawing.columns.map(({ kind }) => kind),
    ["mail", "host", "destination"],
  );
  assert.deepEqual(
    drawing.lines.map(({ key, findings }) => [key, findings]),
    [
      ["mail m1 → host 10.0.0.8", 1],
      ["host 10.0.0.8 → destination c2.invalid", 2],
    ],
  );
  assert.equal(drawing.nodes.find(({ whole }) => whole === "10.0.0.8")?.findings, 3);
});

test("drawChain() draws the most frequent of far too many, and says how many it left out", () => {
  const hosts = Array.from({ length: 100 }, (_, at) => finding({ kind: "host", value: `10.0.0.${at}` }));
  const drawing = drawChain([...hosts, finding({ kind: "host", value: "10.0.0.77" })], 390);
  assert.equal(drawing.nodes.length, 24);
  assert.equal(drawing.nodes[0]?.whole, "10.0.0.77");
  assert.equal(drawing.left, 76);
  assert.ok(drawing.width >= 280 && drawing.height < 800);
});
