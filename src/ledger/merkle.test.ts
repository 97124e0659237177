import assert from "node:assert/strict";
import { test } from "node:test";
import {
  emptyRoot,
  Frontier,
  hashLeaf,
  hashRange,
  isConsistent,
  proveConsistency,
  proveInclusion,
  rootOfInclusion,
  type Hash,
  type ReadNode,
} from "./merkle.ts";

/** The leaves and roots of the test vectors of Certificate Transparency (RFC 6962 trees of 0 to 8 leaves). */
const leaves = [
  "",
  "00",
  "10",
  "2021",
  "3031",
  "40414243",
  "5051525354555657",
  "606162636465666768696a6b6c6d6e6f",
];
const roots = [
  "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
  "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
  "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
  "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
  "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
  "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
  "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
  "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
  "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

function grow(count: number): { frontier: Frontier; read: ReadNode; roots: Hash[] } {
  const nodes = new Map<string, Hash>();
  const frontier = new Frontier();
  const grown = [emptyRoot];
  for (let index = 0; index < count; index++) {
    const leaf = hashLeaf(Buffer.from(`leaf ${index}`));
    frontier.add(leaf, (level, place, hash) => nodes.set(`${level} ${place}`, hash));
    grown.push(frontier.root());
  }
  return { frontier, roots: grown, read: async (level, place) => nodes.get(`${level} ${place}`) as Hash };
}

for (const [size, root] of roots.entries()) {
  test(`Frontier.root() is that of the RFC 6962 vectors, with ${size} leaves`, () => {
    const frontier = new Frontier();
    for (const leaf of leaves.slice(0, size)) frontier.add(hashLeaf(Buffer.from(leaf, "hex")));
    assert.equal(frontier.root().toString("hex"), root);
  });
}

test("proveInclusion() leads to the root for every leaf of every tree up to 130 leaves", async () => {
  const { read, roots: grown } = grow(130);
  for (let size = 1; size <= 130; size++) {
    for (let index = 0; index < size; index++) {
      const path = await proveInclusion(index, size, read);
      const leaf = hashLeaf(Buffer.from(`leaf ${index}`));
      assert.deepEqual(rootOfInclusion(leaf, index, size, path), grown[size]);
      const wrongPlace = rootOfInclusion(leaf, (index + 1) % size, size, path);
      assert.equal(size > 1 && wrongPlace !== null && wrongPlace.equals(grown[size] as Hash), false);
    }
  }
});

test("rootOfInclusion() refuses a path that is too long or too short", async () => {
  const { read, roots: grown } = grow(9);
  const path = await proveInclusion(3, 9, read);
  const leaf = hashLeaf(Buffer.from("leaf 3"));
  assert.equal(rootOfInclusion(leaf, 3, 9, [...path, emptyRoot]), null);
  assert.notDeepEqual(rootOfInclusion(leaf, 3, 9, path.slice(1)), grown[9]);
  assert.equal(rootOfInclusion(leaf, 9, 9, path), null);
});

test("proveConsistency() holds for every pair of trees up to 70 leaves, and for no other root", async () => {
  const { read, roots: grown } = grow(70);
  for (let newer = 1; newer <= 70; newer++) {
    for (let older = 0; older <= newer; older++) {
      const proof = await proveConsistency(older, newer, read);
      const [from, to] = [
        { size: older, root: grown[older] as Hash },
        { size: newer, root: grown[newer] as Hash },
      ];
      assert.ok(isConsistent(from, to, proof), `${older} of ${newer}`);
      if (older === 0) continue;
      assert.ok(!isConsistent({ size: older, root: hashLeaf(Buffer.from("other")) }, to, proof));
      if (older < newer) assert.ok(!isConsistent(from, to, proof.slice(0, -1)));
    }
  }
});

test("Frontier.restore() goes on where the tree was", async () => {
  const { read, roots: grown } = grow(300);
  for (const size of [0, 1, 2, 3, 127, 255, 256, 257, 299]) {
    const frontier = await Frontier.restore(size, read);
    assert.deepEqual(frontier.root(), grown[size]);
    frontier.add(hashLeaf(Buffer.from(`leaf ${size}`)));
    assert.deepEqual(frontier.root(), grown[size + 1]);
  }
});

test("hashRange() of nothing is the empty root", async () => {
  assert.deepEqual(await hashRange(0, 0, async () => assert.fail()), emptyRoot);
});
