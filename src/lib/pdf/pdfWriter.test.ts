import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { createWriteStream, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fontsFor, type PdfLanguage } from "./fontFiles.ts";
import { PdfWriter, type PdfOptions, type PdfWritten } from "./pdfWriter.ts";
import { writeLetters, type Letter, type LetterPlace } from "./writeLetters.ts";

const folder = mkdtempSync(join(tmpdir(), "sekisho-pdf-"));
after(() => rmSync(folder, { recursive: true }));
const file = join(folder, "out.pdf");
const createdAt = Temporal.Instant.from("2016-06-24T00:00:00Z");
const usual: PdfOptions = { title: "報告書", language: "ja", createdAt };
const poppler =
  spawnSync("pdftotext", ["-v"]).error === undefined ? false : "poppler-utils is not installed here";

async function write(draw: (pdf: PdfWriter) => void, options: Partial<PdfOptions> = {}): Promise<PdfWritten> {
  const pdf = new PdfWriter(createWriteStream(file), { ...usual, ...options });
  draw(pdf);
  return pdf.close();
}
const textOf = (...args: string[]): string =>
  execFileSync("pdftotext", [...args, file, "-"], { encoding: "utf8" });

test(
  "PdfWriter writes headings, tables and pages whose text can be read back",
  { skip: poppler },
  async () => {
    const footer = (page: number, pages: number | null): string => `p${page}of${pages}`;
    const written = await write(
      (pdf) => {
        pdf.heading("事案の概要");
        pdf.paragraph("不正アクセスにより、個人情報が漏えいしたおそれがあります。\n二行目です。");
        const columns = [
          { title: "日付", share: 1 },
          { title: "内容", share: 4 },
        ];
        pdf.table(
          columns,
          Array.from({ length: 60 }, (_, at) => [`6月${at}日`, `第${at}回の調査を実施した。`]),
        );
      },
      { header: "取扱注意", footer },
    );
    assert.equal(written.pages, 2);
    assert.equal(written.bytes, readFileSync(file).length);
    const text = textOf("-layout");
    for (const said of ["事案の概要", "漏えいしたおそれ", "二行目です。", "第59回の調査", "p1of2", "p2of2"])
      assert.ok(text.includes(said), said);
    // The head of the table and that of the page stand on both pages.
    assert.equal(text.split("内容").length - 1, 2);
    assert.equal(text.split("取扱注意").length - 1, 2);
    const fonts = execFileSync("pdffonts", [file], { encoding: "utf8" }).trim().split("\n").slice(2);
    assert.equal(fonts.length, 2);
    // Embedded, a subset, and with a table from glyphs to characters.
    for (const font of fonts) assert.match(font, /CID TrueType +Identity-H +yes yes yes/);
  },
);

test(
  "PdfWriter prints 〓 for what no font has, says so, and writes out what is hidden",
  { skip: poppler },
  async () => {
    const written = await write((pdf) => pdf.paragraph("髙﨑𠮷 \u{13000}様 evil\u202efdp.exe"));
    assert.deepEqual(written.missing, ["\u{13000}"]);
    const text = textOf();
    assert.ok(text.includes("髙﨑𠮷 〓様"), text);
    assert.ok(text.includes("〈U+202E〉"), text);
  },
);

const texts: [language: PdfLanguage, text: string][] = [
  ["zh-Hans", "尊敬的客户：您的个人信息可能已被泄露。"],
  ["zh-Hant", "親愛的客戶：您的個人資料可能已外洩。"],
  ["ko", "고객님의 개인정보가 유출되었을 가능성이 있습니다."],
  ["en", "Data of yours may have leaked."],
];
for (const [language, said] of texts) {
  test(
    `PdfWriter writes ${language}, and a Japanese name in it`,
    { skip: poppler || missingFont(language) },
    async () => {
      const written = await write((pdf) => pdf.paragraph(`${said} 髙﨑`), { language });
      assert.deepEqual(written.missing, []);
      assert.ok(textOf().replaceAll(/\s/g, "").includes(`${said}髙﨑`.replaceAll(/\s/g, "")), textOf());
    },
  );
}

/** Why a language cannot be tested here: only the Japanese font comes with the product. */
function missingFont(language: PdfLanguage): string | false {
  try {
    fontsFor(language);
    return false;
  } catch (error) {
    return (error as Error).message;
  }
}

test("PdfWriter gives the same bytes for the same content", async () => {
  const draw = (pdf: PdfWriter): void => pdf.paragraph("同じ内容");
  await write(draw);
  const first = readFileSync(file);
  await write(draw);
  assert.deepEqual(readFileSync(file), first);
});

test("PdfWriter goes on with a row taller than a page, and loses no line", { skip: poppler }, async () => {
  const tall = Array.from({ length: 150 }, (_, at) => `line${at}.`).join("\n");
  const written = await write((pdf) => pdf.table([{ title: "a", share: 1 }], [["short"], [tall]]));
  assert.ok(written.pages >= 3);
  const found = [...textOf().matchAll(/line(\d+)\./g)].map((match) => Number(match[1]));
  assert.deepEqual(
    found,
    Array.from({ length: 150 }, (_, at) => at),
  );
});

test("PdfWriter.close() rejects when the disk does", async () => {
  const pdf = new PdfWriter(createWriteStream(join(folder, "none", "out.pdf")), usual);
  pdf.paragraph("text");
  await assert.rejects(
    pdf.settled().then(() => pdf.close()),
    { code: "ENOENT" },
  );
});

const letter = (at: number, over: Partial<Letter> = {}): Letter => ({
  reference: `S-${at}`,
  address: ["〒100-0001", "東京都千代田区千代田1番1号", `宛名${at}　様`],
  sender: ["株式会社例示旅行"],
  date: "2016年6月24日",
  subject: "お知らせ",
  body: "本文です。\n\n以上",
  ...over,
});

test(
  "writeLetters() writes one after the other, each with its reference and place",
  { skip: poppler },
  async () => {
    const places: LetterPlace[] = [];
    const long = Array.from({ length: 80 }, (_, at) => `段落${at}`).join("\n");
    const letters = [
      letter(1),
      letter(2, { body: long }),
      letter(3, { address: ["\u{13000}様"] }),
      letter(4, { address: ["\u{13000}様"] }),
    ];
    const options = { language: "ja", title: "t", createdAt, duplex: true } as const;
    await writeLetters(createWriteStream(file), letters, {
      ...options,
      onLetter: (place) => void places.push(place),
    });
    assert.deepEqual(
      places.map(({ reference, firstPage, pages, missing }) => [reference, firstPage, pages, missing.length]),
      [
        ["S-1", 1, 1, 0],
        ["S-2", 3, 3, 0],
        ["S-3", 7, 1, 1],
        ["S-4", 9, 1, 1],
      ],
    );
    assert.match(textOf("-f", "5", "-l", "5"), /段落79[^]*S-2/);
    // The address stands in the window: 20 mm from the left, 45 mm from the top.
    const box = execFileSync("pdftotext", ["-bbox", "-f", "1", "-l", "1", file, "-"], { encoding: "utf8" });
    const [, x = "", y = ""] = /xMin="([\d.]+)" yMin="([\d.]+)"[^>]*>〒100-0001/.exec(box) ?? [];
    assert.ok(Math.abs(Number(x) - 56.7) < 2 && Math.abs(Number(y) - 127.6) < 8, `${x} ${y}`);
  },
);
