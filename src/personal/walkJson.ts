import { classes } from "./characters.ts";
import { limits, type Cells } from "./walkText.ts";

type Frame = {
  array: boolean;
  kinds: number;
  cells: number;
  /** Objects below that are records alone: how many by their kinds. */
  records: Map<number, number> | null;
};

/** Whether kinds that were gathered make a record of a person: then an object around it is no second one. */
export type IsRecord = (kinds: number) => boolean;

/**
 * JSON and JSON lines, whole or torn out of a larger file: strings and numbers are cells, their keys are
 * columns. An object is a row. One that is the value of a key belongs to the object around it, as {"name":
 * …, "contact": {…}} does, unless others like it stand beside it: then the object around is a list of
 * records by their keys.
 */
export function walkJson(
  text: string,
  cells: Cells,
  given: { keys: Map<string, number>; isRecord: IsRecord },
): void {
  const frames: Frame[] = [newFrame(true)];
  let column = 0;
  let at = 0;
  const { length } = text;
  const put = (from: number, to: number): void => {
    const frame = frames.at(-1) as Frame;
    let seen = 0;
    for (let place = from; place < to; place += 1) seen |= classes[text.charCodeAt(place)] as number;
    if (to > from) frame.kinds |= cells.cell(column, from, to, seen);
    frame.cells += 1;
  };
  while (at < length) {
    const code = text.charCodeAt(at);
    if (code === 34) {
      const end = endOfString(text, at + 1);
      let next = end + 1;
      while (next < length && text.charCodeAt(next) <= 32) next += 1;
      if (text.charCodeAt(next) === 58) column = columnOf(text.slice(at + 1, end), given.keys);
      else put(at + 1, end);
      at = end + 1;
    } else if (code === 123 || code === 91) {
      if (frames.length < limits.depthMax) frames.push(newFrame(code === 91));
      at += 1;
    } else if (code === 125 || code === 93) {
      if (frames.length > 1 && !close(frames, cells, given.isRecord)) return;
      at += 1;
    } else if ((code >= 48 && code <= 57) || code === 45) {
      const from = at;
      while (at < length && /[-+.\deE]/.test(text.charAt(at))) at += 1;
      put(from, at);
    } else at += 1;
  }
  while (frames.length > 1) if (!close(frames, cells, given.isRecord)) return;
}

/** Ends the innermost object or array; false: nobody wants more. */
function close(frames: Frame[], cells: Cells, isRecord: IsRecord): boolean {
  const frame = frames.pop() as Frame;
  const around = frames.at(-1) as Frame;
  for (const [kinds, count] of frame.records ?? []) {
    if (count === 1) frame.kinds |= kinds;
    else for (let one = 0; one < count; one += 1) if (!cells.row(kinds, 1)) return false;
  }
  around.cells += frame.cells;
  if (!frame.array && !around.array && isRecord(frame.kinds)) {
    around.records ??= new Map();
    around.records.set(frame.kinds, (around.records.get(frame.kinds) ?? 0) + 1);
    return true;
  }
  if (frame.array || !around.array) {
    around.kinds |= frame.kinds;
    return true;
  }
  return frame.cells === 0 || cells.row(frame.kinds, frame.cells);
}

function newFrame(array: boolean): Frame {
  return { array, kinds: 0, cells: 0, records: null };
}

function endOfString(text: string, from: number): number {
  for (let at = from; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === 92) at += 1;
    else if (code === 34) return at;
  }
  return text.length;
}

function columnOf(key: string, keys: Map<string, number>): number {
  const known = keys.get(key);
  if (known !== undefined) return known;
  if (keys.size >= limits.keysMax) return 0; // As many keys as values: their names say nothing.
  const column = keys.size + 1;
  keys.set(key, column);
  return column;
}
