import { isItem, type Item } from "../items.ts";
import { mailboxOf, type ListedPerson } from "./person.ts";

/** The columns of a list, with other names under which tables have them. */
const columns = {
  person: ["person_id", "person", "id", "番号"],
  name: ["name", "氏名", "お名前", "名前"],
  languages: ["languages", "language", "言語"],
  email1: ["email", "email1", "email_1", "mail", "メールアドレス", "メールアドレス1"],
  email2: ["email2", "email_2", "mail2", "メールアドレス2"],
  postalCode: ["postal_code", "zip", "郵便番号"],
  address: ["address", "住所"],
  phone: ["phone", "telephone", "電話番号"],
  customers: ["customer_ids", "customer_id", "customers", "会員番号", "顧客番号"],
  birth: ["birth_date", "birthday", "生年月日"],
  items: ["items", "項目", "漏えい項目"],
  partner: ["partner", "提携先"],
  validPassport: ["valid_passport", "passport_valid", "有効旅券"],
  minor: ["minor", "未成年"],
  withheld: ["status", "withheld", "状態"],
} as const;
export type ListColumn = keyof typeof columns;
export const LIST_COLUMNS = Object.keys(columns) as ListColumn[];

/** The name by which a column is printed in help and errors. */
export const nameOfColumn = (column: ListColumn): string => columns[column][0];

/** Where each column stands in a header; -1: it is not there. */
export function placeColumns(
  header: readonly string[],
  given: Readonly<Record<string, string>> = {},
): { places: Record<ListColumn, number>; unknown: string[] } {
  const folded = header.map((cell) =>
    cell
      .replace(/^\ufeff/, "")
      .trim()
      .toLowerCase(),
  );
  const places = {} as Record<ListColumn, number>;
  for (const column of LIST_COLUMNS) {
    const named = given[nameOfColumn(column)]?.trim().toLowerCase();
    const names: readonly string[] = named === undefined ? columns[column] : [named];
    places[column] = folded.findIndex((cell) => names.includes(cell));
  }
  const used = new Set(Object.values(places));
  return { places, unknown: header.filter((_, at) => !used.has(at)) };
}

export type ReadRow = { ok: true; person: ListedPerson } | { ok: false; problem: string };

/** Makes a person of a row's cells. Problems name the column, never what stands in it. */
export function readRow(cellOf: (column: ListColumn) => string): ReadRow {
  const bad = (problem: string): ReadRow => ({ ok: false, problem });
  const text = (column: ListColumn, charactersMax: number): string => {
    const value = cellOf(column)
      .normalize("NFC")
      .replace(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, " ")
      .trim();
    if (value.length > charactersMax) throw new TooLong(column);
    return value;
  };
  try {
    const id = text("person", 64);
    if (!/^[\w.:-]+$/.test(id)) return bad("person_id is missing, or not letters, digits, . : _ -");
    const name = text("name", 200);
    const emails = [...new Set([text("email1", 320), text("email2", 320)])].filter((email) => email !== "");
    const items = listIn(text("items", 2_000));
    const unknown = items.filter((item) => !isItem(item)).length;
    if (unknown > 0) return bad(`items: ${unknown} are no items that are known`);
    const birth = readDay(text("birth", 40));
    if (birth === null) return bad("birth_date is no day such as 1985-03-02");
    const withheld = readWithheld(text("withheld", 40));
    if (withheld === null) return bad('status is neither empty nor "deceased" nor "withdrawn"');
    const [validPassport, minor] = [readFlag(text("validPassport", 10)), readFlag(text("minor", 10))];
    if (validPassport === null) return bad("valid_passport is neither yes nor no");
    if (minor === null) return bad("minor is neither yes nor no");
    if (items.length === 0 && withheld === "") return bad("items is empty: nothing leaked of this person");
    const person: ListedPerson = {
      ...{ id, name, emails, birth, withheld, validPassport, minor },
      languages: listIn(text("languages", 100)),
      postalCode: text("postalCode", 20),
      address: text("address", 400),
      phones: listIn(text("phone", 200), /[;|,、/]+/u),
      customers: listIn(text("customers", 4_000)),
      items: items as Item[],
      partner: text("partner", 100),
    };
    return name === "" && withheld === "" ? bad("name is empty") : { ok: true, person };
  } catch (error) {
    if (error instanceof TooLong) return bad(`${nameOfColumn(error.column)} is too long`);
    throw error;
  }
}

class TooLong extends Error {
  readonly column: ListColumn;
  constructor(column: ListColumn) {
    super("too long");
    this.column = column;
  }
}

/** "a;b", "a|b", "[a, b]" and, but for numbers that are written with blanks, "a b". */
function listIn(text: string, between = /[;|,、\s]+/u): string[] {
  const bare = text.replace(/^\[|\]$/g, "").split(between);
  return [...new Set(bare.map((one) => one.trim()).filter((one) => one !== ""))];
}

function readDay(text: string): string | null {
  if (text === "") return "";
  const [, year = "", month = "", day = ""] =
    /^(\d{4})[-/.年]?(\d{1,2})[-/.月]?(\d{1,2})日?$/u.exec(text) ?? [];
  try {
    const fields = { year: Number(year), month: Number(month), day: Number(day) };
    return year === "" ? null : Temporal.PlainDate.from(fields, { overflow: "reject" }).toString();
  } catch {
    return null;
  }
}

function readWithheld(text: string): ListedPerson["withheld"] | null {
  const folded = text.toLowerCase();
  if (["", "active", "0"].includes(folded)) return "";
  if (["deceased", "dead", "死亡", "逝去"].includes(folded)) return "deceased";
  return ["withdrawn", "退会", "送付不要"].includes(folded) ? "withdrawn" : null;
}

function readFlag(text: string): boolean | null {
  const folded = text.toLowerCase();
  if (["", "0", "no", "false", "n", "いいえ", "無"].includes(folded)) return false;
  return ["1", "yes", "true", "y", "はい", "有"].includes(folded) ? true : null;
}

/** By which channel a person is first written to. */
export type FirstStep = { step: 1 | 2 | 3 | 4; state: "queued" | "letter" | "substitute" | "withheld" };

/** E-mail, else the second e-mail, else a letter, else the substitute notice; withheld ones get none. */
export function firstStepOf(person: ListedPerson): FirstStep {
  if (person.withheld !== "") return { step: 4, state: "withheld" };
  return stepAfter(person, 0);
}

/** The next channel of a person, where those up to `step` did not reach her. */
export function stepAfter(person: ListedPerson, step: number): FirstStep {
  const [one, two] = person.emails.map(mailboxOf);
  if (step < 1 && one !== null && one !== undefined) return { step: 1, state: "queued" };
  if (step < 2 && two !== null && two !== undefined) return { step: 2, state: "queued" };
  if (step < 3 && person.address !== "") return { step: 3, state: "letter" };
  return { step: 4, state: "substitute" };
}
