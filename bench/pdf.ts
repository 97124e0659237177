import { createWriteStream, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Letter } from "../src/lib/pdf/writeLetters.ts";
import { writeLetters } from "../src/lib/pdf/writeLetters.ts";

/**
 * Letters into one PDF, as the batch for the post writes them: `node bench/pdf.ts [--letters=50000]`. Every
 * letter has another address and name. Prints letters a second, CPU and bytes a letter, and the most memory.
 */
const count = Number(process.argv.find((word) => /^--letters=\d+$/.test(word))?.slice(10) ?? 50_000);
const names = [..."渡邊髙橋齋藤﨑山辻薔薇葛城祇園鯵鰯鮫鱈蓮華瑠璃玻璃珊瑚佐藤鈴木田中伊東"];
const sentence =
  "このたび、弊社のサーバーが外部から不正なアクセスを受け、お客様の個人情報の一部が漏えいした可能性があることが" +
  "判明いたしました。お客様には多大なるご迷惑とご心配をおかけいたしますことを、深くお詫び申し上げます。";

function* letters(): Generator<Letter> {
  const nameOf = (at: number): string => names[at % names.length] as string;
  for (let at = 0; at < count; at += 1) {
    yield {
      reference: `S-${at}`,
      address: [
        `〒100-${String(at % 10_000).padStart(4, "0")}`,
        `東京都千代田区丸の内${at % 30}丁目${at % 17}番${at % 9}号`,
        `${nameOf(at)}${nameOf(at * 7)}　${nameOf(at * 13)}子　様`,
      ],
      sender: ["株式会社例示旅行", "個人情報お問い合わせ窓口", "0120-000-000"],
      date: "2016年6月24日",
      subject: "お客様の個人情報に関するお詫びとお知らせ",
      body: Array.from({ length: 6 }, () => sentence).join("\n\n"),
    };
  }
}

const folder = mkdtempSync(join(tmpdir(), "sekisho-letters-"));
try {
  const file = join(folder, "letters.pdf");
  const [from, cpu] = [performance.now(), process.cpuUsage()];
  const createdAt = Temporal.Instant.from("2016-06-24T00:00:00Z");
  const { pages } = await writeLetters(createWriteStream(file), letters(), {
    language: "ja",
    title: "letters",
    createdAt,
  });
  const seconds = (performance.now() - from) / 1_000;
  const { user, system } = process.cpuUsage(cpu);
  const bytes = Math.round(statSync(file).size / count);
  const rate = Math.round(count / seconds).toLocaleString("en");
  process.stdout.write(
    `${count} letters, ${pages} pages in ${seconds.toFixed(1)} s: ${rate} a second, ` +
      `${((user + system) / 1_000 / count).toFixed(2)} ms CPU and ${bytes} bytes each, ` +
      `at most ${Math.round(process.resourceUsage().maxRSS / 1_024)} MiB\n`,
  );
} finally {
  rmSync(folder, { recursive: true });
}
