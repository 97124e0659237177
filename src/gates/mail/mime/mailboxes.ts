import type { Mailbox } from "../seen.ts";
import { decodeWords } from "./encodedWord.ts";

const mailboxesMax = 200;

type Tokens = { words: string[]; angle: string | null; comments: string[] };

/**
 * Reads an address list (RFC 5322 3.4) as tolerantly as mail programs do: carrier addresses such as
 * `a..b@docomo.ne.jp` are addresses, and a list may hold groups and comments.
 */
export function readMailboxes(value: string): Mailbox[] {
  const found: Mailbox[] = [];
  let tokens: Tokens = { words: [], angle: null, comments: [] };
  const close = (): void => {
    const mailbox = makeMailbox(tokens);
    if (mailbox !== null && found.length < mailboxesMax) found.push(mailbox);
    tokens = { words: [], angle: null, comments: [] };
  };
  let at = 0;
  while (at < value.length && found.length < mailboxesMax) {
    const character = value[at] as string;
    if (character === '"') {
      const read = readQuoted(value, at);
      tokens.words.push(read.text);
      at = read.next;
    } else if (character === "(") {
      const read = readComment(value, at);
      tokens.comments.push(read.text);
      at = read.next;
    } else if (character === "<") {
      const end = value.indexOf(">", at);
      tokens.angle = value.slice(at + 1, end === -1 ? value.length : end).trim();
      at = end === -1 ? value.length : end + 1;
    } else if (character === "," || character === ";") {
      close();
      at += 1;
    } else if (character === ":" && tokens.angle === null && !tokens.words.join("").includes("@")) {
      // RFC 5322 3.4: what stands before the colon is the name of a group.
      tokens = { words: [], angle: null, comments: [] };
      at += 1;
    } else if (/\s/.test(character)) at += 1;
    else {
      let end = at;
      while (end < value.length && !'"(<,;: \t\r\n'.includes(value[end] as string)) end += 1;
      if (end === at) end = at + 1;
      tokens.words.push(value.slice(at, end));
      at = end;
    }
  }
  close();
  return found;
}

function makeMailbox(tokens: Tokens): Mailbox | null {
  let name = tokens.words.join(" ");
  let address = tokens.angle;
  if (address === null) {
    const place = tokens.words.findLastIndex((word) => word.includes("@"));
    if (place === -1) return name === "" ? null : { name: decodeWords(name), address: "", domain: "" };
    address = tokens.words[place] as string;
    // A quoted local part is a word of its own in front of the "@".
    if (address.startsWith("@") && place > 0) address = `${tokens.words[place - 1]}${address}`;
    name = tokens.words.filter((word) => !(address as string).includes(word)).join(" ");
  }
  if (name === "" && tokens.comments.length > 0) name = tokens.comments.join(" ");
  // RFC 5322 4.4: an obsolete route stands before the address.
  const routed = /^@[^:]*:(.*)$/.exec(address);
  const bare = (routed?.[1] ?? address).replace(/\s+/g, "");
  const separator = bare.lastIndexOf("@");
  const domain =
    separator === -1
      ? ""
      : bare
          .slice(separator + 1)
          .toLowerCase()
          .replace(/\.$/, "");
  return { name: decodeWords(name).trim(), address: bare, domain };
}

function readQuoted(value: string, start: number): { text: string; next: number } {
  let text = "";
  let at = start + 1;
  while (at < value.length && value[at] !== '"') {
    if (value[at] === "\\" && at + 1 < value.length) at += 1;
    text += value[at];
    at += 1;
  }
  return { text, next: at + 1 };
}

function readComment(value: string, start: number): { text: string; next: number } {
  let depth = 0;
  let text = "";
  let at = start;
  for (; at < value.length; at += 1) {
    const character = value[at] as string;
    if (character === "\\" && at + 1 < value.length) {
      at += 1;
      text += value[at];
    } else if (character === "(") depth += 1;
    else if (character === ")") {
      depth -= 1;
      if (depth === 0) break;
    } else text += character;
  }
  return { text, next: at + 1 };
}
