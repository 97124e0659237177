import type { CopyStmt, Node } from "libpg-query";
import type { CopyFormat } from "../verdict.ts";
import { noteCondition } from "./conditions.ts";
import { plainCell, type Shape } from "./lineage.ts";
import { namesOf } from "./names.ts";
import { openRelation } from "./relations.ts";
import { findInShape, innerScope, itemSpace } from "./scope.ts";
import { readQueryNode } from "./select.ts";
import type { Outcome } from "./verdictOf.ts";
import { flag, type Walk } from "./walk.ts";

/** COPY. */

export function judgeCopy(walk: Walk, copy: CopyStmt): Outcome {
  walk.literalsMatter = true;
  const shape = readSource(walk, copy);
  const format = readFormat(walk, copy.options);
  const outside = copy.filename !== undefined || copy.is_program === true;
  if (copy.is_from === true) {
    walk.writes = true;
    if (outside) flag(walk, "leaves-by-server", "COPY FROM a file or program of the server", "unknown");
    return { verb: "COPY", copyIn: !outside };
  }
  if (!outside) return { verb: "COPY", output: shape, copyOut: format };
  flag(walk, "leaves-by-server", "COPY TO a file or program of the server");
  return { verb: "COPY", output: shape };
}

function readSource(walk: Walk, copy: CopyStmt): Shape {
  if (copy.query !== undefined) return readQueryNode(walk, copy.query, null, null);
  const item = copy.relation === undefined ? null : openRelation(walk, copy.relation);
  if (item === null) {
    flag(walk, "cannot-resolve", `relation ${copy.relation?.relname ?? ""}`);
    return [];
  }
  if (copy.whereClause !== undefined)
    noteCondition(walk, copy.whereClause, innerScope(null, null, itemSpace(item)));
  if (copy.is_from === true) return [];
  if (copy.attlist === undefined) return item.star;
  return namesOf(copy.attlist).map((name) => {
    const [cell] = findInShape(item.columns, name).cells;
    if (cell === undefined) flag(walk, "cannot-resolve", `column ${name}`);
    return { name, cell: cell ?? plainCell };
  });
}

function readFormat(walk: Walk, options: readonly Node[] | undefined): CopyFormat {
  const given = new Map<string, Node | undefined>();
  for (const node of options ?? []) {
    if ("DefElem" in node) given.set(node.DefElem.defname ?? "", node.DefElem.arg);
  }
  const named = textOf(given.get("format"));
  const format = named === "csv" || named === "binary" ? named : "text";
  const encoding = textOf(given.get("encoding"));
  if (given.has("encoding") && !/^utf-?_?8$|^unicode$/i.test(encoding ?? "")) {
    flag(walk, "changes-meaning", "COPY in another encoding");
  }
  const csv = format === "csv";
  const quote = textOf(given.get("quote")) ?? '"';
  return {
    format,
    delimiter: textOf(given.get("delimiter")) ?? (csv ? "," : "\t"),
    null: textOf(given.get("null")) ?? (csv ? "" : "\\N"),
    header: given.has("header") && isOn(given.get("header")),
    quote,
    escape: textOf(given.get("escape")) ?? quote,
  };
}

function textOf(node: Node | undefined): string | null {
  return node !== undefined && "String" in node ? (node.String.sval ?? "") : null;
}

/** HEADER, HEADER true, HEADER 1, HEADER on, HEADER match. */
function isOn(node: Node | undefined): boolean {
  if (node === undefined) return true;
  if ("Boolean" in node) return node.Boolean.boolval === true;
  if ("Integer" in node) return (node.Integer.ival ?? 0) !== 0;
  return !/^(false|off)$/i.test(textOf(node) ?? "");
}
