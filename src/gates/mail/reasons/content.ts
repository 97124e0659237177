import { sayKind } from "../kinds.ts";
import type { ReasonEntry } from "../reasons.ts";

type Named = { name: string };
type NamedKind = { name: string; kind: string };
type Inside = { name: string; archive: string; kind: string };

const ICONS = {
  folder: { en: "a folder", ja: "フォルダー" },
  pdf: { en: "a PDF document", ja: "PDF文書" },
  word: { en: "a Word document", ja: "Word文書" },
  excel: { en: "an Excel sheet", ja: "Excelの表" },
  text: { en: "a text file", ja: "テキストファイル" },
  image: { en: "a picture", ja: "画像" },
} as const;

const UNREAD_BECAUSE: Record<string, { en: string; ja: string }> = {
  depth: { en: "it is nested too deep", ja: "入れ子が深すぎるため" },
  count: { en: "it holds too many files", ja: "ファイルの数が多すぎるため" },
  size: { en: "it is too large when unpacked", ja: "展開すると大きすぎるため" },
  ratio: { en: "it unpacks to far more than it takes", ja: "圧縮率が異常に高いため" },
  time: { en: "reading it took too long", ja: "読み取りに時間がかかりすぎたため" },
  format: { en: "its format could not be read", ja: "形式を読み取れなかったため" },
  encrypted: { en: "it is encrypted", ja: "暗号化されているため" },
  missing: { en: "a part of it is missing", ja: "一部が欠けているため" },
};

/** Reasons that rest on what a file is. */
export const CONTENT_REASONS = {
  "executable-content": {
    technique: "T1204.002",
    severity: "high",
    say: ({ name, kind }: NamedKind) => ({
      en: `The attached file "${name}" is a program (${sayKind(kind).en}), whatever its name says.`,
      ja: `添付ファイル「${name}」は、名前にかかわらず中身がプログラム（${sayKind(kind).ja}）です。`,
    }),
  },
  "executable-in-archive": {
    technique: "T1027.015",
    severity: "high",
    say: ({ name, archive, kind }: Inside) => ({
      en: `"${name}" inside "${archive}" is a program (${sayKind(kind).en}).`,
      ja: `「${archive}」の中の「${name}」はプログラム（${sayKind(kind).ja}）です。`,
    }),
  },
  "executable-name": {
    technique: "T1204.002",
    severity: "high",
    say: ({ name }: Named) => ({
      en: `"${name}" bears the name of a program, but its content could not be seen as one.`,
      ja: `「${name}」はプログラムの名前ですが、中身がプログラムだとは確かめられませんでした。`,
    }),
  },
  "document-icon": {
    technique: "T1036.008",
    severity: "critical",
    say: ({ name, icon }: { name: string; icon: keyof typeof ICONS }) => ({
      en: `The program "${name}" wears the icon of ${ICONS[icon].en}, so that a person opens it.`,
      ja: `プログラム「${name}」が${ICONS[icon].ja}のアイコンを付けて、開かせようとしています。`,
    }),
  },
  "program-after-junk": {
    technique: "T1027.009",
    severity: "high",
    say: ({ name }: Named) => ({
      en: `A Windows program lies hidden behind other bytes in "${name}".`,
      ja: `「${name}」の別のデータの後ろに、Windowsの実行ファイルが隠されています。`,
    }),
  },
  "self-extracting": {
    technique: "T1204.002",
    severity: "medium",
    say: ({ name }: Named) => ({
      en: `"${name}" is a program that carries an archive, as self-extracting files do.`,
      ja: `「${name}」は書庫を抱えたプログラム（自己解凍形式など）です。`,
    }),
  },
  "side-loading-set": {
    technique: "T1574.001",
    severity: "critical",
    say: ({ name, library }: { name: string; library: string }) => ({
      en: `The program "${name}" lies beside the library "${library}", which it would load.`,
      ja: `プログラム「${name}」と、それが読み込むライブラリ「${library}」が同梱されています。`,
    }),
  },
  "active-file": {
    technique: "T1204.002",
    severity: "high",
    say: ({ name, kind }: NamedKind) => ({
      en: `"${name}" runs commands when it is opened (${sayKind(kind).en}).`,
      ja: `「${name}」は開くと命令を実行する種類のファイル（${sayKind(kind).ja}）です。`,
    }),
  },
  "shortcut-file": {
    technique: "T1204.002",
    severity: "high",
    say: ({ name, kind }: NamedKind) => ({
      en: `"${name}" is a shortcut (${sayKind(kind).en}): opening it starts something else.`,
      ja: `「${name}」はショートカット（${sayKind(kind).ja}）で、開くと別のものが起動します。`,
    }),
  },
  "disk-image": {
    technique: "T1553.005",
    severity: "high",
    say: ({ name, kind }: NamedKind) => ({
      en: `"${name}" is a disk image (${sayKind(kind).en}); files in it escape the warning on downloads.`,
      ja: `「${name}」は${sayKind(kind).ja}で、中のファイルには開くときの警告が出ません。`,
    }),
  },
  "encrypted-archive": {
    technique: "T1027.013",
    severity: "medium",
    say: ({ name }: Named) => ({
      en: `"${name}" is encrypted, so what is in it could not be looked at.`,
      ja: `「${name}」は暗号化されており、中身を確認できませんでした。`,
    }),
  },
  "encrypted-names": {
    technique: "T1027.013",
    severity: "high",
    say: ({ name }: Named) => ({
      en: `"${name}" is encrypted together with the list of its files: not even their names can be seen.`,
      ja: `「${name}」はファイル一覧まで暗号化されており、名前さえ確認できません。`,
    }),
  },
  "password-in-text": {
    technique: "T1027.013",
    severity: "low",
    say: ({ name }: Named) => ({
      en: `The password of the encrypted "${name}" seems to stand in the same message.`,
      ja: `暗号化された「${name}」のパスワードが、同じメールに書かれているようです。`,
    }),
  },
  "macro-container": {
    technique: "T1059.005",
    severity: "medium",
    say: ({ name }: Named) => ({
      en: `The document "${name}" contains macros (small programs).`,
      ja: `文書「${name}」にマクロ（小さなプログラム）が含まれています。`,
    }),
  },
  "auto-macro": {
    technique: "T1059.005",
    severity: "high",
    say: ({ name }: Named) => ({
      en: `A macro in "${name}" runs by itself as soon as the document is opened.`,
      ja: `「${name}」のマクロは、文書を開くだけで自動的に動きます。`,
    }),
  },
  "old-macro": {
    technique: "T1059",
    severity: "high",
    say: ({ name }: Named) => ({
      en: `"${name}" holds Excel 4.0 macros, which hardly any business document uses today.`,
      ja: `「${name}」に、今の業務ではほとんど使われないExcel 4.0マクロが含まれています。`,
    }),
  },
  "external-template": {
    technique: "T1221",
    severity: "high",
    say: ({ name }: Named) => ({
      en: `The document "${name}" fetches a template or object from elsewhere when it is opened.`,
      ja: `文書「${name}」は、開くと外部からテンプレートなどを読み込みます。`,
    }),
  },
  "data-exchange-field": {
    technique: "T1559.002",
    severity: "high",
    say: ({ name }: Named) => ({
      en: `The document "${name}" holds a field that can start another program (DDE).`,
      ja: `文書「${name}」に、別のプログラムを起動できるフィールド（DDE）があります。`,
    }),
  },
  "embedded-object": {
    technique: "T1027.009",
    severity: "medium",
    say: ({ name }: Named) => ({
      en: `Another file is embedded as an object in the document "${name}".`,
      ja: `文書「${name}」に別のファイルがオブジェクトとして埋め込まれています。`,
    }),
  },
  "pdf-launch": {
    technique: "T1204.002",
    severity: "high",
    say: ({ name }: Named) => ({
      en: `The PDF "${name}" asks to start a program.`,
      ja: `PDF「${name}」がプログラムを起動しようとします。`,
    }),
  },
  "pdf-script": {
    technique: "T1059.007",
    severity: "low",
    say: ({ name }: Named) => ({
      en: `The PDF "${name}" contains a script, as some forms do.`,
      ja: `PDF「${name}」にスクリプトが含まれています（入力フォームにもあります）。`,
    }),
  },
  "pdf-attachment": {
    technique: "T1027.009",
    severity: "low",
    say: ({ name }: Named) => ({
      en: `The PDF "${name}" carries another file inside.`,
      ja: `PDF「${name}」の中に別のファイルが入っています。`,
    }),
  },
  "page-smuggling": {
    technique: "T1027.006",
    severity: "high",
    say: ({ name }: Named) => ({
      en: `The page "${name}" builds a file by script on the reader's machine.`,
      ja: `「${name}」は、開いた人の端末の中でスクリプトによってファイルを組み立てます。`,
    }),
  },
  "page-form": {
    technique: "T1056.003",
    severity: "high",
    say: ({ name }: Named) => ({
      en: `The attached page "${name}" asks for a password.`,
      ja: `添付されたページ「${name}」がパスワードの入力を求めます。`,
    }),
  },
  "page-attached": {
    technique: "T1566.001",
    severity: "low",
    say: ({ name }: Named) => ({
      en: `A web page is attached as the file "${name}".`,
      ja: `Webページがファイル「${name}」として添付されています。`,
    }),
  },
  "picture-script": {
    technique: "T1027.017",
    severity: "high",
    say: ({ name }: Named) => ({
      en: `The SVG picture "${name}" contains a script.`,
      ja: `SVG画像「${name}」にスクリプトが含まれています。`,
    }),
  },
  "remote-share": {
    technique: "T1187",
    severity: "high",
    say: ({ name }: Named) => ({
      en: `"${name}" points to a file share elsewhere, which makes Windows hand over a sign-in.`,
      ja: `「${name}」は外部の共有フォルダーを指し、Windowsの認証情報が送られる恐れがあります。`,
    }),
  },
  "unknown-content": {
    technique: "T1027",
    severity: "medium",
    say: ({ name }: Named) => ({
      en: `"${name}" is of no known kind, so nobody can say what it does.`,
      ja: `「${name}」は種類が分からない内容で、何をするものか判断できません。`,
    }),
  },
  "unread-content": {
    technique: "T1027",
    severity: "medium",
    say: ({ name, why }: { name: string; why: string }) => ({
      en: `"${name}" was not looked into to its end, because ${(UNREAD_BECAUSE[why] ?? { en: why }).en}.`,
      ja: `「${name}」は、${(UNREAD_BECAUSE[why] ?? { ja: why }).ja}、中身を最後まで確認していません。`,
    }),
  },
  "archive-bomb": {
    technique: "T1499",
    severity: "high",
    say: ({ name }: Named) => ({
      en: `"${name}" unpacks to a size that is meant to exhaust the machine.`,
      ja: `「${name}」は、展開する機械を使い切らせるほど大きくなります。`,
    }),
  },
  "deep-nesting": {
    technique: "T1027.015",
    severity: "medium",
    say: ({ name, depth }: { name: string; depth: number }) => ({
      en: `"${name}" lies ${depth} archives deep.`,
      ja: `「${name}」は書庫の中の書庫に${depth}段も入っています。`,
    }),
  },
  "archive-two-faced": {
    technique: "T1027",
    severity: "high",
    say: ({ name }: Named) => ({
      en: `The archive "${name}" names other files in its directory than beside the files themselves.`,
      ja: `書庫「${name}」は、一覧と実際のファイルとで名前などが食い違っています。`,
    }),
  },
  "archive-hidden-data": {
    technique: "T1027.009",
    severity: "low",
    say: ({ name }: Named) => ({
      en: `There is data in "${name}" that does not belong to the archive.`,
      ja: `「${name}」に、書庫の一部ではないデータが含まれています。`,
    }),
  },
  "split-archive": {
    technique: "T1027",
    severity: "medium",
    say: ({ name }: Named) => ({
      en: `"${name}" is one volume of a split archive, so the whole cannot be looked at.`,
      ja: `「${name}」は分割された書庫の一部で、全体を確認できません。`,
    }),
  },
} as const satisfies Record<string, ReasonEntry<never>>;
