import type { Said } from "../../../gate.ts";

/** Why a family of the records gate's reasons matters, in one sentence. */
const WHY = {
  many: {
    en: "This is how millions of customers leave: by reading, with rights that somebody really has.",
    ja: "何百万人もの情報は、正規の権限による「閲覧」として持ち出されます。",
  },
  hidden: {
    en: "It would carry customers past the count, so the budget would say nothing.",
    ja: "人数に数えられない形で顧客の情報が出るため、上限が意味を失います。",
  },
  unknown: {
    en: "What cannot be read cannot be judged; a judgement in favour would be a guess.",
    ja: "解釈できない文は判定できず、通せば推測になります。",
  },
  stranger: {
    en: "The account does what it never does: it may be used by somebody else.",
    ja: "ふだんと違う使われ方です。別人が使っているおそれがあります。",
  },
  canary: {
    en: "No real work touches this customer. Whoever did was looking through everything.",
    ja: "業務では触れない顧客です。全体を読みあさっているおそれがあります。",
  },
  loud: {
    en: "Everything is open until it ends. It is allowed, and has to be reviewed.",
    ja: "終わるまで制限がありません。認められた操作ですが、後の確認が必要です。",
  },
  staged: {
    en: "Data is gathered in files before it is carried out; in 2016 they were deleted afterwards.",
    ja: "持ち出しの前に、データはファイルに集められます。2016年の事案では後で消されました。",
  },
  blind: {
    en: "What nobody saw cannot be ruled out later.",
    ja: "誰も見ていないことは、後から「なかった」と言えません。",
  },
  drift: {
    en: "A personal column that nobody has named is neither counted nor protected.",
    ja: "登録されていない個人情報の列は、数えられず守られません。",
  },
} as const satisfies Record<string, Said>;

const ROWS: Record<string, [family: keyof typeof WHY, en: string, ja: string]> = {
  "budget-reached": ["many", "Budget reached", "上限に到達"],
  "over-estimate": ["many", "More than the budget holds", "上限を超える見込み"],
  "gathers-customers": ["hidden", "Many customers in one value", "多数の顧客を一つの値に集約"],
  "launders-columns": ["hidden", "Copies personal columns", "個人情報の列の写し"],
  "leaves-by-server": ["hidden", "Leaves by the server", "サーバー経由の持ち出し"],
  "unknown-routine": ["unknown", "Unknown routine", "中身の分からない関数"],
  "forbidden-routine": ["hidden", "Routine that reads past the judge", "判定を避ける関数"],
  "forbidden-relation": ["hidden", "System table with samples", "標本を含むシステム表"],
  "cannot-parse": ["unknown", "Cannot be read", "解釈できない文"],
  "cannot-resolve": ["unknown", "Unknown name", "目録にない名前"],
  "changes-meaning": ["unknown", "Changes how statements are read", "解釈を変える設定"],
  defines: ["unknown", "Defines something", "定義の変更"],
  "no-key": ["hidden", "Without the customer's key", "顧客番号なしの閲覧"],
  "not-permitted": ["stranger", "In no group", "どの区分にも属さない"],
  "outside-pattern": ["stranger", "Not one of its written statements", "登録外の文"],
  "blind-extraction": ["hidden", "Blind extraction", "条件による推測の繰り返し"],
  "canary-read": ["canary", "Canary read", "おとり顧客の閲覧"],
  "break-glass": ["loud", "Glass broken", "緊急解除"],
  "unreadable-encoding": ["unknown", "Unreadable encoding", "判定できない文字コード"],
  "record-unwritable": ["blind", "Record not writable", "記録できない"],
  "schema-drift": ["drift", "Columns have changed", "列の変化"],
  "staged-file": ["staged", "File with personal data", "個人情報入りのファイル"],
  "disk-short": ["staged", "Disk short", "ディスク不足"],
  "watch-broken": ["blind", "Watch does not see all", "監視の抜け"],
  "canary-staged": ["canary", "Canary in a file", "おとり入りのファイル"],
  "function-call": ["hidden", "Routine called by number", "番号による関数の呼び出し"],
};

/** The short name of a reason of the records gate. A code that the table does not know is shown as it is. */
export function nameOfReading(code: string): Said {
  const row = ROWS[code];
  return row === undefined ? { en: code, ja: code } : { en: row[1], ja: row[2] };
}

/** Why it matters, or null where the table does not know it. */
export function whyOfReading(code: string): Said | null {
  const row = ROWS[code];
  return row === undefined ? null : WHY[row[0]];
}

/** All codes that have a name, for filters. */
export const READING_CODES: readonly string[] = Object.keys(ROWS);
