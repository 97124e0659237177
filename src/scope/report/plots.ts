import { amount, markup, percent, say, type Html, type Words } from "./html.ts";

export type Bar = { name: Words | string; value: number; note?: string };

const width = 720;
const labelWidth = 190;
const rowHeight = 24;

function nameOf(name: Words | string): Words {
  return typeof name === "string" ? { ja: name, en: name } : name;
}

function labelled({ ja, en }: Words, x: number, y: number, extra = ""): Html {
  return markup`<text x="${x}" y="${y}" class="label ${extra}" lang="ja">${ja}</text
    ><text x="${x}" y="${y}" class="label ${extra}" lang="en">${en}</text>`;
}

/**
 * Bars, one below the other, each with its number. The table beside it says the same to who cannot see it.
 */
export function bars(title: Words, list: readonly Bar[]): Html {
  const most = Math.max(1, ...list.map(({ value }) => value));
  const room = width - labelWidth - 90;
  const rows = list.map(({ name, value, note }, at) => {
    const y = at * rowHeight;
    const length = value === 0 ? 0 : Math.max(1, (value / most) * room);
    const said = note === undefined ? amount(value) : `${amount(value)} ${note}`;
    return markup`${labelled(cut(nameOf(name)), labelWidth - 8, y + 16, "end")}<rect
        class="bar"
        x="${labelWidth}"
        y="${y + 4}"
        width="${length.toFixed(1)}"
        height="16"
        rx="2"
      ></rect
      ><text class="value" x="${(labelWidth + length + 6).toFixed(1)}" y="${y + 16}">${said}</text>`;
  });
  return drawing(title, { height: list.length * rowHeight + 4, rows });
}

function cut({ ja, en }: Words): Words {
  const short = (text: string, most: number): string =>
    text.length > most ? `${text.slice(0, most - 1)}…` : text;
  return { ja: short(ja, 15), en: short(en, 27) };
}

/** Columns side by side: months, or classes of a size; every `every`-th has its name below. */
export function columns(title: Words, list: readonly Bar[], every = 1): Html {
  const most = Math.max(1, ...list.map(({ value }) => value));
  const height = 150;
  const step = width / Math.max(1, list.length);
  const rows = list.map(({ name, value }, at) => {
    const tall = value === 0 ? 0 : Math.max(1, (value / most) * height);
    const x = (at * step + step * 0.1).toFixed(1);
    const words = nameOf(name);
    const named =
      at % every === 0
        ? labelled(words, Math.max(26, at * step + step / 2), height + 30, "middle")
        : markup``;
    return markup`<rect
        class="bar"
        x="${x}"
        y="${(height + 14 - tall).toFixed(1)}"
        width="${(step * 0.8).toFixed(1)}"
        height="${tall.toFixed(1)}"
        ><title>${words.en}: ${amount(value)}</title></rect
      >${named}`;
  });
  const top = markup`<text class="value" x="0" y="11">${amount(most)}</text
    ><line class="axis" x1="0" x2="${width}" y1="${height + 14}" y2="${height + 14}"></line>`;
  return drawing(title, { height: height + 40, rows: [top, ...rows] });
}

function drawing(title: Words, { height, rows }: { height: number; rows: readonly Html[] }): Html {
  return markup`<figure>
    <figcaption>${say(title)}</figcaption>
    <svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${title.ja} / ${title.en}">${rows}</svg>
  </figure>`;
}

export type Column = { name: Words; number?: boolean };

/** A table with a head that is read out with each cell. */
export function table(
  caption: Words,
  heads: readonly Column[],
  rows: readonly (readonly (Words | string | number | Html)[])[],
): Html {
  const head = heads.map(({ name, number }) => markup`<th scope="col" ${kindOf(number)}>${say(name)}</th>`);
  const body = rows.map(
    (row) =>
      markup`<tr>
        ${row.map((cell, at) => {
          const content = typeof cell === "number" ? amount(cell) : isWords(cell) ? say(cell) : cell;
          return at === 0
            ? markup`<th scope="row">${content}</th>`
            : markup`<td${kindOf(heads[at]?.number)}>${content}</td>`;
        })}
      </tr>`,
  );
  return markup`<div class="scroll">
    <table>
      <caption>
        ${say(caption)}
      </caption>
      <thead>
        <tr>
          ${head}
        </tr>
      </thead>
      <tbody>
        ${body}
      </tbody>
    </table>
  </div>`;
}

function kindOf(number: boolean | undefined): Html {
  return number === true ? markup` class="number"` : markup``;
}

function isWords(cell: Words | string | Html): cell is Words {
  return typeof cell === "object" && "ja" in cell;
}

/** Bars with the table of the same numbers and their shares. */
export function barsWithTable(title: Words, first: Words, list: readonly Bar[]): Html {
  const all = list.reduce((sum, { value }) => sum + value, 0);
  const heads = [
    { name: first },
    { name: { ja: "数", en: "Number" }, number: true },
    { name: { ja: "割合", en: "Share" }, number: true },
  ];
  return markup`${bars(title, list)}
    <details>
      <summary>${say({ ja: "表で見る", en: "As a table" })}</summary>
      ${table(
        title,
        heads,
        list.map(({ name, value }) => [name, value, percent(value, all)]),
      )}
    </details>`;
}
