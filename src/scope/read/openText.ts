import { encodingOf } from "../../lib/containers/detectFile.ts";
import { JsonReader, takeJsonLines } from "./jsonReader.ts";
import { LineReader, type ByteReader, type Reading, type Span } from "./lineReader.ts";
import { sniffText } from "./sniffText.ts";
import { SqlReader } from "./sqlReader.ts";

/** Bytes of the byte order mark. */
export function markBytes(head: Buffer): number {
  if (head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf) return 3;
  return (head[0] === 0xff && head[1] === 0xfe) || (head[0] === 0xfe && head[1] === 0xff) ? 2 : 0;
}

/** UTF-16, which is decided for the whole; null where each line says its own encoding. */
export function wideOfText(head: Buffer): Span["wide"] {
  const encoding = encodingOf(head);
  return encoding === "utf-16le" || encoding === "utf-16be" ? encoding : null;
}

/** The reader for text, by its head. */
export function readerOfText(reading: Reading, span: Span, head: Buffer): ByteReader {
  switch (sniffText(head)) {
    case "lines":
      return new LineReader(reading, span);
    case "json-lines":
      return new LineReader(reading, span, takeJsonLines(reading));
    case "json":
      return new JsonReader(reading, span);
    case "sql":
      return new SqlReader(reading, span, {
        cp932: encodingOf(head) === "shift_jis",
        text: head.toString("latin1"),
      });
  }
}
