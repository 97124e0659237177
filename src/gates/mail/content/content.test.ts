import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { hostileFiles } from "../fixtures/hostileFiles.ts";
import { drawIcon, makeInertProgram } from "../fixtures/inertProgram.ts";
import { makeMacroProject, packMacroText } from "../fixtures/writeOle.ts";
import { decodeIconImage, type Picture } from "./bitmap.ts";
import { examineFile, openBudget, type Specimen } from "./examineFile.ts";
import { kindOf } from "./kindOf.ts";
import { unpackMacroText } from "./macroText.ts";
import { readOleFacts } from "./officeFacts.ts";
import { readProgramHeader } from "./programHeader.ts";
import { readProgramIcons } from "./programIcon.ts";
import { likenessOf, REFERENCE_ICONS } from "./referenceIcons.ts";

const kindRows: [bytes: string, name: string, kind: string][] = [
  ["", "a", "empty"],
  ["%PDF-1.4", "a", "pdf"],
  ["junk %PDF-1.4", "a", "pdf"],
  ["\x89PNG\r\n\x1a\n", "a", "png"],
  ["\xff\xd8\xff\xe0", "a", "jpeg"],
  ["Rar!\x1a\x07\x01\x00", "a", "rar"],
  ["7z\xbc\xaf\x27\x1c", "a", "7z"],
  ["\x7fELF", "a", "elf"],
  ["MZ", "a", "dos"],
  ["MSCF\0\0\0\0", "a", "cab"],
  ["\0\0\0\x18ftypheic", "a", "heif"],
  ["\0\0\0\x18ftypisom", "a", "video"],
  ["{\\rtf1", "a", "rtf"],
  ["#!/bin/sh", "a", "script"],
  ["var a;", "a.js", "script"],
  ["hello", "a.txt", "text"],
  ["hello", "a.html", "html"],
  ["<html>", "a.txt", "html"],
  ["BEGIN:VCALENDAR", "a", "calendar"],
  ["From: a@b\r\n\r\n", "a.eml", "message"],
  ["\x01\x02\x03\x00\x05", "a.dat", "unknown"],
  ["-----BEGIN PGP MESSAGE", "a", "pgp"],
];
for (const [bytes, name, kind] of kindRows) {
  test(`kindOf() says ${kind} of ${JSON.stringify(bytes)} named ${name}`, () => {
    assert.equal(kindOf(Buffer.from(bytes, "latin1"), [name], null), kind);
  });
}

for (const [index, { looksLike, name }] of REFERENCE_ICONS.entries()) {
  const variant = REFERENCE_ICONS.slice(0, index).filter((other) => other.looksLike === looksLike).length;
  for (const side of [24, 32, 48, 64]) {
    test(`likenessOf() knows the ${name} at ${side} pixels, as another hand draws it`, () => {
      const likeness = likenessOf(drawIcon(looksLike, side, variant));
      assert.equal(likeness?.looksLike, looksLike);
      assert.ok((likeness?.distance ?? 64) <= 12, `distance ${likeness?.distance}`);
    });
  }
}

test("likenessOf() takes pictures that are no documents for nothing", () => {
  let taken = 0;
  for (let seed = 1; seed <= 300; seed += 1)
    if ((likenessOf(someIcon(seed))?.distance ?? 64) <= 12) taken += 1;
  assert.ok(taken <= 3, `${taken} of 300`);
});

/** A coloured picture of discs, bars and rings that resembles the icons of applications. */
function someIcon(seed: number): Picture {
  const side = 48;
  const pixels = new Uint8Array(side * side * 4);
  const random = (at: number): number =>
    ((Math.imul(seed * 2654435761 + at * 40503, 0x45d9f3b) >>> 8) & 0xffff) / 0xffff;
  for (let shape = 0; shape < 5; shape += 1) {
    const [x, y, size] = [
      random(shape * 7) * side,
      random(shape * 7 + 1) * side,
      4 + random(shape * 7 + 2) * 20,
    ];
    const color = [
      random(shape * 7 + 3) * 255,
      random(shape * 7 + 4) * 255,
      random(shape * 7 + 5) * 255,
      255,
    ];
    for (let row = 0; row < side; row += 1) {
      for (let column = 0; column < side; column += 1) {
        const far =
          shape % 2 === 0
            ? Math.hypot(column - x, row - y)
            : Math.max(Math.abs(column - x), Math.abs(row - y) * 2);
        if (far < size) pixels.set(color, (row * side + column) * 4);
      }
    }
  }
  return { width: side, height: side, pixels };
}

test("readProgramIcons() reads the icon of a program, at every length of the file without a throw", () => {
  const program = makeInertProgram({ icon: "folder" });
  const header = readProgramHeader(program);
  assert.ok(header !== null);
  assert.deepEqual(
    readProgramIcons(program, header).map((picture) => picture.width),
    [48],
  );
  for (let length = 0; length < program.length; length += 3) {
    const cut = program.subarray(0, length);
    const cutHeader = readProgramHeader(cut);
    if (cutHeader !== null) readProgramIcons(cut, cutHeader);
  }
});

test("decodeIconImage() bears any bytes", () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 40, maxLength: 400 }),
      fc.constantFrom(1, 4, 8, 16, 24, 32),
      (bytes, bits) => {
        const image = Buffer.from(bytes);
        image.writeUInt32LE(40, 0);
        image.writeInt32LE(4, 4);
        image.writeInt32LE(8, 8);
        image.writeUInt16LE(bits, 14);
        image.writeUInt32LE(0, 16);
        decodeIconImage(image);
      },
    ),
    { seed: 2016, numRuns: 500 },
  );
});

test("unpackMacroText() gives back what was packed, and copies back as Office does", () => {
  const source = 'Attribute VB_Name = "a"\r\n'.repeat(300);
  assert.equal(unpackMacroText(packMacroText(source)).toString("latin1"), source);
  // [MS-OVBA] 3.2.2: the worked example of the specification.
  const packed = Buffer.from(
    "012fb00023616161626364658266007061676869" +
      "6a013808616b6c00306d6e6f7006710270041072737475761077" +
      "78797a003c",
    "hex",
  );
  const text = "#aaabcdefaaaaghijaaaaaklaaamnopqaaaaaaaaaaaarstuvwxyzaaa";
  assert.equal(unpackMacroText(packed).toString("latin1"), text);
});

test("readOleFacts() bears every prefix and any change", () => {
  const project = makeMacroProject("AutoOpen");
  assert.deepEqual(readOleFacts(project)?.marks, ["auto-macro"]);
  for (let length = 0; length < project.length; length += 64) readOleFacts(project.subarray(0, length));
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(project.length - 1), fc.nat(255)), { maxLength: 30 }), (changes) => {
      const changed = Buffer.from(project);
      for (const [at, byte] of changes) changed[at] = byte;
      readOleFacts(changed);
    }),
    { seed: 2016, numRuns: 300 },
  );
});

test("examineFile() bears any change of every hostile file, within the budget", async () => {
  let state = 2016;
  const random = (most: number): number => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return (state >>> 8) % most;
  };
  const small = hostileFiles().filter((file) => file.bytes.length < 40_000);
  for (let round = 0; round < 6; round += 1) {
    for (const { file, bytes } of small) {
      const changed = Buffer.from(bytes);
      for (let count = 0; count < 8; count += 1) changed[random(changed.length)] = random(256);
      const specimen: Specimen = {
        bytes: round === 0 ? changed.subarray(0, random(changed.length)) : changed,
        path: "1",
        names: [{ value: file, from: "filename", charset: null }],
        declaredType: null,
        disposition: null,
        span: null,
        depth: 0,
        cut: null,
      };
      await examineFile(specimen, openBudget([], {}));
    }
  }
});
