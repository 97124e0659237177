const linksMax = 200;
const scannedMax = 1024 * 1024;

/** The text of a page for people: no tags, no scripts, no styles. Never given to a browser. */
export function textOfPage(html: string): string {
  return decodeEntities(withoutTags(withoutElements(html.slice(0, scannedMax))))
    .replace(/[ \t]+/g, " ")
    .replace(/\n[ \t\n]*\n/g, "\n\n")
    .trim();
}

/**
 * Takes out elements whose content is not text. By index, since a pattern would try every opening tag to
 * the end.
 */
function withoutElements(html: string): string {
  const lower = html.toLowerCase();
  let text = "";
  let at = 0;
  while (at < html.length) {
    const opening = /<(script|style|head|title|!--)/g;
    opening.lastIndex = at;
    const match = opening.exec(lower);
    if (match === null) return text + html.slice(at);
    text += html.slice(at, match.index);
    const closing = match[1] === "!--" ? "-->" : `</${match[1]}`;
    const end = lower.indexOf(closing, match.index + 1);
    if (end === -1) return text;
    const after = lower.indexOf(">", end);
    at = after === -1 ? html.length : after + 1;
  }
  return text;
}

/** Takes out tags, and breaks the line where they do. By index: patterns look to the end at every tag. */
function withoutTags(html: string): string {
  const pieces: string[] = [];
  let at = 0;
  while (at < html.length) {
    const open = html.indexOf("<", at);
    const close = open === -1 ? -1 : html.indexOf(">", open);
    if (close === -1) break;
    const breaks = /^<(?:br|\/p|\/div|\/tr|\/li|\/h[1-6])\b/i.test(html.slice(open, open + 8));
    pieces.push(html.slice(at, open), breaks ? "\n" : " ");
    at = close + 1;
  }
  return pieces.join("") + html.slice(at);
}

const ENTITIES: Record<string, string> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'", nbsp: " " };

function decodeEntities(text: string): string {
  return text.replace(/&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|([a-z]{2,6}));/gi, (whole, decimal, hex, name) => {
    if (name !== undefined) return ENTITIES[(name as string).toLowerCase()] ?? whole;
    const code = decimal !== undefined ? Number(decimal) : Number.parseInt(hex as string, 16);
    return code > 0 && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff) ? String.fromCodePoint(code) : "";
  });
}

/** Links of a page with the text under which they are shown, then bare addresses of a text. */
export function findLinks(html: string, text: string): { shown: string; target: string }[] {
  const links: { shown: string; target: string }[] = [];
  const page = html.slice(0, scannedMax);
  const lower = page.toLowerCase();
  let at = lower.indexOf("<a");
  while (at !== -1 && links.length < linksMax) {
    const end = lower.indexOf(">", at);
    if (end === -1) break;
    const tag = page.slice(at, Math.min(end, at + 8192));
    const target = /\shref\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>]+))/i.exec(tag);
    const close = lower.indexOf("</a", end);
    if (target !== null && /^<a[\s/]/i.test(tag)) {
      const shown = textOfPage(page.slice(end + 1, close === -1 ? end + 1 : Math.min(close, end + 2048)));
      const value = decodeEntities(target[1] ?? target[2] ?? target[3] ?? "").trim();
      if (/^https?:/i.test(value)) links.push({ shown: shown.slice(0, 300), target: value.slice(0, 2048) });
    }
    at = lower.indexOf("<a", end);
  }
  for (const [address] of text.slice(0, 65_536).matchAll(/https?:\/\/[^\s<>"'、。）)」】]{3,2000}/gi)) {
    if (links.length >= linksMax) break;
    if (!links.some((link) => link.target === address))
      links.push({ shown: address.slice(0, 300), target: address });
  }
  return links;
}
