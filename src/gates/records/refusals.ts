import type { Reason } from "../../gate.ts";
import type { RecordsCode } from "./findings.ts";
import type { Stop } from "./reading.ts";
import type { Refusal } from "./wire/protocol.ts";

/** What an honest operator reads in her own client, and what she can do. English first, Japanese after. */

export function refusalOf(reasons: readonly Reason<RecordsCode>[], statement: string): Refusal {
  const [first] = reasons;
  const said = first?.because ?? { en: "not permitted", ja: "許可されていません" };
  return {
    sqlState: "42501",
    message: `Sekisho refused this statement: ${said.en}`,
    detail: said.ja,
    hint: `${hints[first?.code ?? ""] ?? hints[""]} [${statement}]`,
  };
}

const hints: Partial<Record<RecordsCode | "", string>> = {
  "": "Ask the data-protection officer, naming this number / 個人情報保護担当者に番号を伝えてください",
  "gathers-customers":
    "Select the rows with the customer's key instead, or ask for approval / 集約せず顧客番号とともに行を取得してください",
  "no-key": "Select the customer's key too / 顧客番号の列も選択してください",
  "cannot-resolve":
    "Write schema.table, and names that exist / スキーマ名を付け、実在する名前を使ってください",
  "unreadable-encoding": "Set PGCLIENTENCODING=UTF8 / PGCLIENTENCODING=UTF8 を設定してください",
  "not-permitted": "Have the administrator put you into a group / 管理者に区分への登録を依頼してください",
};

export function refusalOfStop(stop: Stop, statement: string): Refusal {
  const { why, limit, customers } = stop;
  const texts: Record<Stop["why"], [string, string]> = {
    statement: [`a statement may give out ${limit} customers`, `1文で表示できるのは${limit}人までです`],
    hour: [`${limit} customers an hour is your budget`, `1時間に表示できるのは${limit}人までです`],
    day: [`${limit} customers a day is your budget`, `1日に表示できるのは${limit}人までです`],
    kilobytes: [
      `${limit} kB of personal columns an hour is your budget`,
      `個人情報の列は1時間に${limit}KBまでです`,
    ],
    canary: ["this reading has been stopped and reported", "この読み取りは中止され、報告されました"],
    unreadable: ["a row could not be read by the gate", "読み取れない行がありました"],
  };
  const [en, ja] = texts[why];
  return {
    sqlState: "53400",
    message: `Sekisho ended this reading after ${customers} customers: ${en}`,
    detail: ja,
    hint:
      "Narrow the statement to the customers you need, wait, or ask for approval of this statement " +
      `/ 必要な顧客に絞る、時間をおく、または承認を申請してください [${statement}]`,
  };
}

export const recordRefusal: Refusal = {
  sqlState: "58030",
  message: "Sekisho ended this session: the record of accesses cannot be written",
  detail: "閲覧記録を書き込めないため接続を終了しました",
  hint: "Tell the administrator of the gate: its disk is full or broken / ゲートの管理者に連絡してください",
};

/** Names of conditions (PostgreSQL 18 documentation, appendix A) whose texts show values of rows. */
const conditions: Record<string, string> = {
  "22P02": "invalid text representation",
  "22003": "numeric value out of range",
  "22007": "invalid datetime format",
  "22008": "datetime field overflow",
  "22001": "string data right truncation",
  "22012": "division by zero",
  "23502": "not null violation",
  "23503": "foreign key violation",
  "23505": "unique violation",
  "23514": "check violation",
  P0001: "raised exception",
};

/** Classes whose messages hold nothing of a row. */
const plainClasses = new Set(["08", "25", "26", "34", "3B", "40", "53", "55", "57"]);

type Fields = Partial<Record<string, string>>;

/** An error of a statement that touches personal columns: its text may show a value, so it is not shown. */
export function withholdText(fields: Fields): Fields {
  const state = fields["C"] ?? "XX000";
  // Errors of the grammar and of names say where they stand; those of values do not.
  const ofText = state.startsWith("42") && fields["P"] !== undefined;
  if (ofText || plainClasses.has(state.slice(0, 2))) return fields;
  const { S, V, C, F, L, R } = fields;
  const kept = Object.fromEntries(
    Object.entries({ S, V, C, F, L, R }).filter(([, value]) => value !== undefined),
  ) as Fields;
  return {
    ...kept,
    M: `${conditions[state] ?? `error ${state}`} (text withheld by Sekisho: it may show personal data)`,
    H: "Run the statement on the single row in question / 対象を1行に絞って実行してください",
  };
}

/** Every text of a message, cut to so many bytes. */
export function cutTexts(fields: Fields, bytesMax: number): Fields {
  const cut = (text: string): string => {
    const bytes = Buffer.from(text);
    if (bytes.length <= bytesMax) return text;
    return `${bytes.toString("utf8", 0, bytesMax).replace(/\ufffd$/, "")}…`;
  };
  return Object.fromEntries(Object.entries(fields).map(([letter, text]) => [letter, cut(text ?? "")]));
}
