import type { Said } from "../../../gate.ts";

/** Why a reason matters, by family: one sentence for the person who has to decide. */
const WHY = {
  program: {
    en: "Whoever opens it lets the sender run commands on that PC and reach what the PC can reach.",
    ja: "開くと、そのPCで差出人の命令が動き、PCから届く範囲に入り込まれます。",
  },
  closed: {
    en: "Nobody here has seen what is inside, so nobody can say that it is harmless.",
    ja: "中身をこちらで確認できておらず、安全だと言えません。",
  },
  disguise: {
    en: "It is made to look like something else; honest senders have no need of that.",
    ja: "別のものに見せかけています。正当な差出人には必要のない細工です。",
  },
  active: {
    en: "The document can start commands or fetch more when it is opened.",
    ja: "開くだけで命令の実行や追加の取り込みが起こりうる文書です。",
  },
  sender: {
    en: "The sender may not be who the mail says; an answer or an order could go to a stranger.",
    ja: "名乗っている相手ではない可能性があり、返信や対応が他人に渡るおそれがあります。",
  },
  stranger: {
    en: "There is no history that speaks for this sender.",
    ja: "この差出人を裏付けるやり取りの実績がありません。",
  },
  link: {
    en: "A reader is led to another place than the text says.",
    ja: "読む人が、表示とは違う場所へ誘導されます。",
  },
  shape: {
    en: "Two programs can read it differently, so what was inspected may not be what the recipient gets.",
    ja: "読むプログラムによって解釈が変わり、検査した内容と届く内容が違うおそれがあります。",
  },
  unread: {
    en: "The inspection is not complete, so a judgement in favour would be a guess.",
    ja: "検査が終わっておらず、安全とする判断は推測になります。",
  },
  canary: {
    en: "Customers' data is in hands that it was not given to: see who read these customers.",
    ja: "顧客データが渡していない相手の手にあります。この顧客を誰が読んだか調べてください。",
  },
  good: { en: "This speaks for the mail.", ja: "このメールを支持する材料です。" },
} as const satisfies Record<string, Said>;

type Row = [family: keyof typeof WHY, en: string, ja: string];

const ROWS: Record<string, Row> = {
  "executable-content": ["program", "Program attached", "プログラムの添付"],
  "executable-in-archive": ["program", "Program in an archive", "書庫内のプログラム"],
  "executable-name": ["program", "Named like a program", "プログラムの名前"],
  "document-icon": ["disguise", "Program with a document's icon", "文書アイコンのプログラム"],
  "program-after-junk": ["disguise", "Program behind filler", "ごみデータに隠れたプログラム"],
  "self-extracting": ["program", "Self-extracting archive", "自己解凍書庫"],
  "side-loading-set": ["program", "Set for side-loading", "DLL差し替えの組"],
  "active-file": ["program", "File that runs when opened", "開くと動くファイル"],
  "shortcut-file": ["program", "Shortcut file", "ショートカット"],
  "disk-image": ["closed", "Disk image", "ディスクイメージ"],
  "encrypted-archive": ["closed", "Encrypted archive", "暗号化された書庫"],
  "encrypted-names": ["closed", "Archive with hidden names", "名前も暗号化された書庫"],
  "password-in-text": ["closed", "Password in the mail", "本文にパスワード"],
  "macro-container": ["active", "Document with macros", "マクロ付き文書"],
  "auto-macro": ["active", "Macro that starts by itself", "自動実行マクロ"],
  "old-macro": ["active", "Old-style macro", "旧形式マクロ"],
  "external-template": ["active", "Template from outside", "外部テンプレート"],
  "data-exchange-field": ["active", "Field that runs commands", "DDEフィールド"],
  "embedded-object": ["active", "Embedded object", "埋め込みオブジェクト"],
  "pdf-launch": ["active", "PDF that starts programs", "起動命令付きPDF"],
  "pdf-script": ["active", "PDF with script", "スクリプト付きPDF"],
  "pdf-attachment": ["active", "PDF with a file inside", "ファイルを含むPDF"],
  "page-smuggling": ["active", "Web page that builds a file", "ファイルを組み立てるHTML"],
  "page-form": ["link", "Web page with a form", "入力欄付きHTML"],
  "page-attached": ["active", "Web page attached", "HTMLの添付"],
  "picture-script": ["active", "Picture with script", "スクリプト付き画像"],
  "remote-share": ["active", "Fetches from a share", "外部共有の参照"],
  "unknown-content": ["unread", "Unknown content", "不明な内容"],
  "unread-content": ["unread", "Not fully looked into", "未確認の内容"],
  "archive-bomb": ["unread", "Archive bomb", "書庫爆弾"],
  "deep-nesting": ["unread", "Nested too deep", "深い入れ子"],
  "archive-two-faced": ["shape", "Archive with two faces", "二通りに読める書庫"],
  "archive-hidden-data": ["shape", "Hidden data in an archive", "書庫の隠しデータ"],
  "split-archive": ["unread", "Part of a split archive", "分割書庫の一部"],
  "known-correspondent": ["good", "Known correspondent", "やり取りのある相手"],
  "first-contact": ["stranger", "First contact", "初めての差出人"],
  "unseen-at-partner": ["stranger", "New sender at a partner", "取引先の未知の差出人"],
  unauthenticated: ["sender", "Not authenticated", "送信元の認証なし"],
  "spf-fail": ["sender", "SPF failed", "SPF不合格"],
  "dkim-fail": ["sender", "DKIM failed", "DKIM不合格"],
  "dmarc-fail": ["sender", "DMARC failed", "DMARC不合格"],
  "own-domain-forged": ["sender", "Our own domain forged", "自社ドメインの詐称"],
  "several-senders": ["sender", "Several senders", "複数の差出人"],
  "sender-malformed": ["sender", "Malformed sender", "差出人の形式不正"],
  "look-alike-domain": ["sender", "Look-alike domain", "紛らわしいドメイン"],
  "name-holds-address": ["sender", "Name shows another address", "名前に別のアドレス"],
  "name-holds-own-domain": ["sender", "Name shows our domain", "名前に自社ドメイン"],
  "name-holds-partner": ["sender", "Name shows a partner", "名前に取引先名"],
  "reply-elsewhere": ["sender", "Reply goes elsewhere", "返信先が別"],
  "kind-disguised": ["disguise", "Disguised file", "種類の偽装"],
  "kind-disagrees": ["disguise", "Name and content disagree", "名前と中身の不一致"],
  "double-extension": ["disguise", "Double extension", "二重拡張子"],
  "padded-name": ["disguise", "Name padded with blanks", "空白で隠した名前"],
  "reversed-name": ["disguise", "Reversed name", "逆順表示の名前"],
  "confusable-extension": ["disguise", "Look-alike extension", "紛らわしい拡張子"],
  "unsafe-name": ["shape", "Unsafe file name", "危険なファイル名"],
  "names-disagree": ["shape", "Several names for one file", "食い違うファイル名"],
  "readings-disagree": ["shape", "Two readings differ", "解釈の食い違い"],
  "ambiguous-structure": ["shape", "Ambiguous structure", "あいまいな構造"],
  "malformed-structure": ["shape", "Malformed structure", "構造の不備"],
  "smuggling-shape": ["shape", "Shape of smuggling", "すり抜けの形"],
  "bare-newline": ["shape", "Bare line ends", "改行の不備"],
  "forged-verdict": ["sender", "Forged verdict", "判定の詐称"],
  "partial-message": ["unread", "Part of a message", "分割されたメール"],
  "link-disguised": ["link", "Disguised link", "偽装リンク"],
  "canary-addressed": ["canary", "Mail to a canary", "おとり顧客あて"],
  "canary-in-mail": ["canary", "Canary in a mail", "本文におとり顧客"],
  "reading-failed": ["unread", "Could not be read", "読み取り失敗"],
};

/** The short name of a reason, for lists. A code that the table does not know is shown as it is. */
export function nameOfReason(code: string): Said {
  const row = ROWS[code];
  return row === undefined ? { en: code, ja: code } : { en: row[1], ja: row[2] };
}

/** Why a reason matters, or null where the table does not know it. */
export function whyOfReason(code: string): Said | null {
  const row = ROWS[code];
  return row === undefined ? null : WHY[row[0]];
}

/** All codes that have a name, for filters. */
export const REASON_CODES: readonly string[] = Object.keys(ROWS);
