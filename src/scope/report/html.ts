/** Text that is HTML already; everything else is escaped when it is put into a page. */
export class Html {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

export type Piece = Html | string | number | readonly Piece[];

const escapes: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

function textOf(piece: Piece): string {
  if (piece instanceof Html) return piece.text;
  if (typeof piece === "string") return piece.replaceAll(/[&<>"']/g, (one) => escapes[one] as string);
  if (typeof piece === "number") return String(piece);
  return piece.map(textOf).join("");
}

/** HTML from a template: what is put in is escaped, unless it is HTML. */
export function markup(strings: TemplateStringsArray, ...pieces: Piece[]): Html {
  return new Html(String.raw({ raw: strings }, ...pieces.map(textOf)));
}

/** A text in the two languages of the report; the switch at its head shows one of them. */
export type Words = { ja: string; en: string };

export function say({ ja, en }: Words): Html {
  return markup`<span lang="ja">${ja}</span><span lang="en">${en}</span>`;
}

/** 6,788,334 */
export function amount(number: number): string {
  return number.toLocaleString("en-US");
}

/** 12.3 % */
export function percent(part: number, whole: number): string {
  if (whole === 0) return "–";
  const share = (part / whole) * 100;
  return `${share < 10 && share > 0 ? share.toFixed(2) : share.toFixed(1)} %`;
}
