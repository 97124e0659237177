import { mendMojibake, segmentCell } from "../fields/mendCell.ts";
import type { Machine } from "./machine.ts";

/** What of understanding is rare enough to be done with regular expressions, outside of the module. */

const placeWords =
  "tokyo|osaka|kyoto|hokkaido|street|st|road|rd|avenue|ave|city|district|japan|" +
  "[a-z-]+-(?:shi|ku|cho|machi|gun|mura|ken|to|fu)";
const romanPlace = new RegExp(`\\b(?:${placeWords})\\b`, "i");

/** Whether the cell is an address in Latin letters: a word of places, and a digit. */
export function isRomanAddress(machine: Machine): boolean {
  const text = machine.cellText;
  return romanPlace.test(text) && /\d/.test(text);
}

/** Puts a wrongly decoded field right; the text lies where CUTS says. */
export function mendCell(machine: Machine, from: number, to: number): boolean {
  const mended = mendMojibake(machine.bytes.subarray(from, to));
  return mended !== null && putPieces(machine, [mended]) === 1;
}

/** Cuts the cell; where its pieces lie stands at CUTS. Gives their number. */
export function cutCell(machine: Machine): number {
  return putPieces(
    machine,
    segmentCell(machine.cellText).map(({ bytes, from, to }) => bytes.subarray(from, to)),
  );
}

/** Texts go behind those of the record's other cells; what has no room is left as it was. */
function putPieces(machine: Machine, pieces: readonly Uint8Array[]): number {
  const most = machine.place("PIECES") + machine.place("PIECES_MOST");
  const spans = machine.words(machine.place("CUTS"), pieces.length * 2);
  let at = machine.piecesEnd;
  let count = 0;
  for (const piece of pieces) {
    // A cell's reader may look a little beyond the end.
    if (at + piece.length + 16 > most) break;
    machine.bytes.set(piece, at);
    spans[count * 2] = at;
    spans[count * 2 + 1] = at + piece.length;
    at += piece.length;
    count += 1;
  }
  machine.piecesEnd = at;
  return count;
}
