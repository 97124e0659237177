import encoding from "encoding-japanese";

/** A customer as the results database holds her; "" where it says nothing. */
export type StagedCustomer = {
  id: string;
  name: string;
  kana: string;
  roman: string;
  sex: string;
  birthDate: string;
  email: string;
  phone: string;
  postalCode: string;
  address: string;
  passport: string;
  passportIssued: string;
};

/** A row of a staged file: whose it is, and where each of its fields lies in the file. */
export type StagedRow = {
  customer: string;
  start: number;
  /** Behind the row's last byte, without its line end. */
  end: number;
  fields: { kind: keyof StagedCustomer; start: number; end: number }[];
};

export type StagedFile = { name: string; bytes: Buffer; rows: StagedRow[] };

/** In 2016 some 7.93 million records were of 6,788,334 persons: many had booked more than once. */
export const rowsPerPerson = 7_930_000 / 6_788_334;

/**
 * How often a row holds a field. Passports were in 9,154 of 7.93 million; here more, so that there are
 * some.
 */
const presence: Readonly<Partial<Record<keyof StagedCustomer, number>>> = {
  name: 0.95,
  kana: 0.85,
  roman: 0.3,
  sex: 0.6,
  birthDate: 0.85,
  email: 0.8,
  phone: 0.8,
  postalCode: 0.7,
  address: 0.7,
};
export const passportShare = 0.01;

const charsets = ["utf-8", "cp932", "utf-8"] as const;

/**
 * Three files without a header, as they were found on 2016-03-29: one row for each booking, the fields in an
 * order of each row's own, dates and kana written this way and that. The same `random` gives the same bytes.
 */
export function stageRows(
  customers: readonly StagedCustomer[],
  { rows, random }: { rows: number; random: () => number },
): StagedFile[] {
  const persons = Math.min(customers.length, Math.round(rows / rowsPerPerson));
  const chosen = choose(customers, persons, random);
  return charsets.map((charset, at) => {
    const count = Math.floor((rows * (at + 1)) / 3) - Math.floor((rows * at) / 3);
    const first = Math.floor((rows * at) / 3);
    const parts: Buffer[] = [];
    const staged: StagedRow[] = [];
    let offset = 0;
    for (let number = first; number < first + count; number += 1) {
      const again = number >= persons ? Math.floor(random() * persons) : number;
      const customer = chosen[again] as StagedCustomer;
      const { bytes, row } = writeRow(customer, { charset, random, offset });
      parts.push(bytes);
      staged.push(row);
      offset += bytes.length;
    }
    return { name: `e2016032${at + 1}`, bytes: Buffer.concat(parts), rows: staged };
  });
}

function choose<One>(list: readonly One[], count: number, random: () => number): One[] {
  const order = [...list];
  for (let at = 0; at < count; at += 1) {
    const other = at + Math.floor(random() * (order.length - at));
    [order[at], order[other]] = [order[other] as One, order[at] as One];
  }
  return order.slice(0, count);
}

type Writing = { charset: (typeof charsets)[number]; random: () => number; offset: number };

function writeRow(
  customer: StagedCustomer,
  { charset, random, offset }: Writing,
): { bytes: Buffer; row: StagedRow } {
  const held = (Object.keys(presence) as (keyof StagedCustomer)[]).filter(
    (kind) => random() < (presence[kind] ?? 0) && customer[kind] !== "",
  );
  if (random() < passportShare && customer.passport !== "") held.push("passport", "passportIssued");
  shuffle(held, random);
  const parts: Buffer[] = [];
  const fields: StagedRow["fields"] = [];
  let at = offset;
  for (const [place, kind] of held.entries()) {
    const bytes = encode(write(kind, customer[kind], random), charset);
    if (place > 0) at += 1;
    fields.push({ kind, start: at, end: at + bytes.length });
    parts.push(place > 0 ? Buffer.concat([comma, bytes]) : bytes);
    at += bytes.length;
  }
  parts.push(lineEnd);
  return { bytes: Buffer.concat(parts), row: { customer: customer.id, start: offset, end: at, fields } };
}

const comma = Buffer.from(",");
const lineEnd = Buffer.from("\r\n");

function shuffle<One>(list: One[], random: () => number): void {
  for (let at = list.length - 1; at > 0; at -= 1) {
    const other = Math.floor(random() * (at + 1));
    [list[at], list[other]] = [list[other] as One, list[at] as One];
  }
}

function encode(text: string, charset: Writing["charset"]): Buffer {
  if (charset === "utf-8") return Buffer.from(text);
  const codes = encoding.convert(encoding.stringToCode(text), { to: "SJIS", from: "UNICODE" });
  return Buffer.from(codes);
}

function write(kind: keyof StagedCustomer, text: string, random: () => number): string {
  const way = random();
  if (kind === "birthDate") return writeDate(text, way);
  if (kind === "name") return way < 0.4 ? text.replace(" ", "　") : way < 0.7 ? text.replace(" ", "") : text;
  if (kind === "kana" && way < 0.35) return text.replaceAll(/\P{ASCII}/gu, narrowed);
  if ((kind === "phone" || kind === "postalCode") && way < 0.3) return text.replaceAll("-", "");
  if (kind === "sex") return way < 0.5 ? (text.startsWith("f") ? "女" : "男") : text;
  return text;
}

/** 1985-03-02, 1985/03/02, 19850302, 昭和60年3月2日. */
function writeDate(text: string, way: number): string {
  const [year, month, day] = text.split("-").map(Number) as [number, number, number];
  if (way < 0.3) return text;
  if (way < 0.6) return text.replaceAll("-", "/");
  if (way < 0.8) return text.replaceAll("-", "");
  if (year > 1926 && year < 1989) return `昭和${year - 1925}年${month}月${day}日`;
  return year > 1989 ? `平成${year - 1988}年${month}月${day}日` : `${year}年${month}月${day}日`;
}

const wide =
  "アイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワヲンァィゥェォャュョッー";
const narrow = "ｱｲｳｴｵｶｷｸｹｺｻｼｽｾｿﾀﾁﾂﾃﾄﾅﾆﾇﾈﾉﾊﾋﾌﾍﾎﾏﾐﾑﾒﾓﾔﾕﾖﾗﾘﾙﾚﾛﾜｦﾝｧｨｩｪｫｬｭｮｯｰ";

/** Half-width kana, with the marks behind the letter. */
function narrowed(letter: string): string {
  const [base = letter, mark = ""] = letter.normalize("NFD");
  const at = wide.indexOf(base);
  if (at < 0) return letter;
  return `${narrow.charAt(at)}${mark === "\u3099" ? "ﾞ" : mark === "\u309a" ? "ﾟ" : ""}`;
}
