import { createWriteStream } from "node:fs";
import { Progress } from "../../lib/progress.ts";
import { SekishoError } from "../../lib/error.ts";
import { importList, limits, type BadRow } from "../list/importList.ts";
import { measureList, readList, type ListFile } from "../list/listFile.ts";
import { LIST_COLUMNS, nameOfColumn } from "../list/listRow.ts";
import { takeCampaign } from "../store/campaign.ts";
import { campaignName, listIn, print, textIn, type Given, type NoticeVerb } from "./place.ts";

export const importVerb: NoticeVerb = {
  summary: "take a list of affected persons",
  help: `sekisho notice import FILE.csv|FILE.parquet [--column OURS=YOURS]… [--encoding shift_jis]
sekisho notice import OUT/persons.parquet --customers TABLE.csv|.parquet [--notices NOTICES.parquet]

One row per person: ${LIST_COLUMNS.map(nameOfColumn).join(", ")}.
items are names such as name;email;passport; languages BCP 47 tags, the best first; flags yes or no;
status deceased or withdrawn: nothing is sent. persons.parquet of a scope holds no contact data: --customers
does (the table of the scope), --notices says who is a minor and whose passport is valid (the hand-over's).

The same list again changes nothing; a changed row is taken where the notice has not begun, and told where
it has. What is personal is encrypted in the store.

  --bad FILE     rows that were not taken, as CSV: line, problem (else on standard error)
`,
  options: {
    column: { type: "string", multiple: true },
    encoding: { type: "string" },
    customers: { type: "string" },
    notices: { type: "string" },
    bad: { type: "string" },
  },
  writes: true,
  async run({ room }, given) {
    const file = fileOf(given);
    const source = await measureList(file);
    const campaign = await takeCampaign(room, campaignName(given));
    const bad = badWriter(textIn(given, "bad"));
    const progress = new Progress({ phase: "bytes", total: /\.csv$/i.test(file.path) ? source.bytes : null });
    const changed: string[] = [];
    const figures = await importList(
      room,
      campaign,
      readList(file, (bytes) => progress.set(bytes)),
      {
        source,
        onBad: bad.tell,
        onRows: (rows) => {
          if (!/\.csv$/i.test(file.path)) progress.set(rows);
        },
        onChanged: (person, tooLate) => {
          if (tooLate && changed.length < limits.badRowsTold) changed.push(person);
        },
      },
    );
    progress.end();
    await bad.end();
    print(given, { campaign: campaign.name, ...figures, changedAfterItsNotice: changed }, () => {
      const { rows, added, changed: changes, unchanged, changedTooLate } = figures;
      const again = figures.again ? "this very list was taken before: nothing changes\n" : "";
      const late =
        changedTooLate === 0
          ? ""
          : `${changedTooLate} changed after their notice had gone out, and stay as they were sent\n`;
      return (
        `${again}${rows} rows: ${added} new, ${changes} changed, ${unchanged} as before, ` +
        `${figures.bad} not taken\n${late}`
      );
    });
    return figures.bad > 0 ? 10 : 0;
  },
};

function fileOf(given: Given): ListFile {
  const [path, ...more] = given.words;
  if (path === undefined || more.length > 0) {
    throw new SekishoError("usage", "Cannot import: one file is needed", {
      hint: "try: sekisho notice import --help",
    });
  }
  const columns: Record<string, string> = {};
  for (const text of listIn(given, "column")) {
    const [, ours = "", yours = ""] = /^([a-z0-9_]+)=(.+)$/.exec(text) ?? [];
    if (!LIST_COLUMNS.some((column) => nameOfColumn(column) === ours)) {
      throw new SekishoError("usage", `Cannot map the column "${text}"`, {
        hint: `OURS=YOURS, with OURS one of ${LIST_COLUMNS.map(nameOfColumn).join(", ")}`,
      });
    }
    columns[ours] = yours;
  }
  const optional = Object.fromEntries(
    (["encoding", "customers", "notices"] as const).flatMap((name) => {
      const value = textIn(given, name);
      return value === undefined ? [] : [[name, value]];
    }),
  );
  return { path, columns, ...optional };
}

function badWriter(path: string | undefined): { tell: (bad: BadRow) => void; end: () => Promise<void> } {
  if (path === undefined) {
    const tell = ({ line, problem }: BadRow): void => void process.stderr.write(`line ${line}: ${problem}\n`);
    return { tell, end: async () => {} };
  }
  const stream = createWriteStream(path, { mode: 0o600 });
  stream.write("line,problem\r\n");
  return {
    tell: ({ line, problem }) => void stream.write(`${line},"${problem.replaceAll('"', '""')}"\r\n`),
    end: () => new Promise((resolve, reject) => stream.on("error", reject).end(() => resolve())),
  };
}
