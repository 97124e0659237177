import { closeSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { canWrite, writerOf, type LeakEncoding } from "./charsets.ts";
import { Draw, fractionOf, hashOf } from "./draw.ts";
import { Identity, isDeterminable, type SharedKeys } from "./identity.ts";
import { itemsOf, slotKinds, SLOTS, type ClassSet, type SlotName } from "./leakClasses.ts";
import { LeakRow, type RowStyle } from "./leakRow.ts";
import { LeakValues } from "./leakValues.ts";
import type { Names } from "./names.ts";
import { Person, present, type Registration } from "./person.ts";
import { customerIdAt, customerOrder, registrationsIn, stream, type Population } from "./population.ts";
import type { Places } from "./places.ts";
import { Values } from "./values.ts";

export type LeakFile = {
  number: number;
  name: string;
  /** Its rows are those of the population from `start` to `end`. */
  start: number;
  end: number;
  mode: "shuffled" | "columns-with-header" | "columns-without-header";
  header: readonly string[] | null;
  style: RowStyle;
};

const rowsMax = 500_000;
const encodings: readonly LeakEncoding[] = [
  ...(["utf-8", "cp932", "utf-8", "cp932", "euc-jp", "utf-8", "cp932", "utf-16le"] as const),
  ...(["utf-8", "cp932", "utf-8", "cp932", "euc-jp", "utf-8", "cp932", "utf-8"] as const),
];
const modes = "sshsnshsshsnshsn";

const englishHeader: Readonly<Record<SlotName, string>> = {
  name: "name",
  kana: "name_kana",
  roman: "name_roman",
  sex: "sex",
  birth: "birth_date",
  email: "email",
  postal: "postal_code",
  address: "address",
  phone: "phone",
  passport: "passport_number",
  issued: "passport_issued_on",
  expires: "passport_expires_on",
  service: "service",
  memo: "note",
  booked: "booked_on",
  number: "reservation_number",
  site: "site",
};
const japaneseHeader: Readonly<Record<SlotName, string>> = {
  name: "氏名",
  kana: "フリガナ",
  roman: "ローマ字氏名",
  sex: "性別",
  birth: "生年月日",
  email: "メールアドレス",
  postal: "郵便番号",
  address: "住所",
  phone: "電話番号",
  passport: "旅券番号",
  issued: "旅券発行日",
  expires: "旅券有効期限",
  service: "商品",
  memo: "備考",
  booked: "予約日",
  number: "予約番号",
  site: "販売サイト",
};

/** The files of the leak: sixteen at least, half of them shuffled, in four encodings. */
export function planLeakFiles({ seed, leakRows }: { seed: number; leakRows: number }): LeakFile[] {
  const count = leakRows < 160 ? 1 : Math.max(16, Math.ceil(leakRows / rowsMax));
  return Array.from({ length: count }, (_, number) => {
    const letter = modes[number % modes.length];
    const mode =
      letter === "s" ? "shuffled" : letter === "h" ? "columns-with-header" : "columns-without-header";
    const draw = new Draw().reset(seed, stream.file, number);
    const columns = mode === "shuffled" ? null : columnsOf(draw);
    const names = draw.chance(0.5) ? japaneseHeader : englishHeader;
    return {
      number,
      name: `fragment-${String(number).padStart(3, "0")}.csv`,
      start: Math.floor((leakRows * number) / count),
      end: Math.floor((leakRows * (number + 1)) / count),
      mode,
      header:
        mode === "columns-with-header" && columns !== null
          ? columns.map((at) => names[(SLOTS[at] as readonly [SlotName, string])[0]])
          : null,
      style: {
        encoding: encodings[number % encodings.length] as LeakEncoding,
        separator: draw.chance(0.12) ? "\t" : ",",
        lineEnd: draw.chance(0.4) ? "\r\n" : "\n",
        quotesAll: draw.chance(0.25),
        columns,
      },
    };
  });
}

/** All fields but two or three, in an order of the file's own. */
function columnsOf(draw: Draw): number[] {
  const keys = SLOTS.map((_, at) => ({ at, key: draw.next() }));
  const some = keys.sort((one, other) => one.key - other.key).map(({ at }) => at);
  return some.filter((at, place) => place >= 2 || SLOTS[at]?.[0] === "name" || SLOTS[at]?.[0] === "birth");
}

export type LeakSources = {
  population: Population;
  names: Names;
  places: Places;
  shared: SharedKeys;
  /** Rows of which each field's kind is told, about. */
  fieldsSample: number;
};

const bufferBytes = 4 * 1024 ** 2;
const rowBytesMax = 16 * 1024;

/** Bytes on their way to a file. */
class Out {
  readonly buffer = Buffer.allocUnsafe(bufferBytes);
  at = 0;
  offset = 0;
  readonly #file: number;
  readonly #write: (text: string, into: Buffer, at: number) => number;

  constructor(path: string, encoding: LeakEncoding) {
    this.#file = openSync(path, "w");
    this.#write = writerOf(encoding);
  }

  put(text: string): void {
    if (this.at > bufferBytes - rowBytesMax) this.flush();
    const bytes = this.#write(text, this.buffer, this.at);
    this.at += bytes;
    this.offset += bytes;
  }

  flush(): void {
    for (let from = 0; from < this.at;) from += writeSync(this.#file, this.buffer, from, this.at - from);
    this.at = 0;
  }

  close(): void {
    this.flush();
    closeSync(this.#file);
  }
}

/** Writes the leak's files and, beside them, what is true of each row. One for each worker. */
export class LeakFiles {
  readonly #sources: LeakSources;
  readonly #person: Person;
  readonly #identity: Identity;
  readonly #values: LeakValues;
  readonly #row: LeakRow;
  readonly #draw = new Draw();
  readonly #order;

  constructor(sources: LeakSources) {
    this.#sources = sources;
    const { population, names, places } = sources;
    this.#person = new Person(population, { names, places });
    this.#identity = new Identity(names);
    this.#values = new LeakValues({ values: new Values({ names, places }), names, draw: this.#draw });
    this.#row = new LeakRow(this.#draw);
    this.#order = customerOrder(population);
  }

  /** Writes `folder/leak/NAME`, `folder/truth-NNN.csv` and `folder/fields-NNN.csv`. */
  write(file: LeakFile, folder: string, progress: (rows: number) => void): void {
    const { population, fieldsSample } = this.#sources;
    const tail = `${String(file.number).padStart(3, "0")}.csv`;
    const out = new Out(join(folder, "leak", file.name), file.style.encoding);
    const truth = new Out(join(folder, `truth-${tail}`), "utf-8");
    const fields = new Out(join(folder, `fields-${tail}`), "utf-8");
    const writable = canWrite(file.style.encoding);
    const share = fieldsSample / Math.max(1, population.leakRows);
    let [line, joined] = [1, false];
    if (file.header !== null) {
      out.put(file.header.join(file.style.separator) + file.style.lineEnd);
      line = 2;
    }
    for (let number = file.start; number < file.end; number += 1) {
      const { person, customers, determinable } = this.#make(number, file, writable);
      const { text, joinsNext, held } = this.#row;
      const { classes } = this.#values;
      if (joined) classes.add("two-in-a-line");
      truth.put(
        `${file.name},${out.offset},${line},${person},${customers},${classes.text},` +
          `"${itemsOf(held)}",${determinable}\n`,
      );
      const sampled = fractionOf(population.seed, stream.sample, number) < share;
      if (sampled && !classes.damaged && !joinsNext) this.#tellFields(fields, file.name, out.offset);
      const joins = joinsNext && number < file.end - 1;
      joined = joins;
      out.put(joins ? text + file.style.separator : text + file.style.lineEnd);
      if (classes.has("newline-in-field")) line += linesWithin(text);
      if (!joins) line += 1;
      if ((number - file.start) % 10_000 === 9_999) progress(10_000);
    }
    progress((file.end - file.start) % 10_000);
    for (const one of [out, truth, fields]) one.close();
  }

  #make(number: number, file: LeakFile, writable: (character: string) => boolean) {
    const { population } = this.#sources;
    const { seed, easy } = population;
    const source = sourceOf(number, file, population);
    const person = this.#person.set(population.leakPerson[source] as number);
    const draw = this.#draw.reset(seed, stream.row, source);
    const which = draw.below(Math.max(1, person.registrationCount));
    const registration = person.registrations[which] as Registration;
    const stranger = !easy && draw.next() < 0.02;
    const lookAlike = stranger ? population.persons + source : 0;
    const values = this.#values;
    const columns = file.style.columns !== null;
    values.fill({ person, registration, lookAlike, easy, writable, columns });
    this.#row.write(values, file.style, { easy });
    values.classes.add(file.mode);
    if (source !== number) values.classes.add("repeat");
    this.#classify(values.classes, { person, registration, stranger });
    const customer = !stranger && person.registrationCount > 0;
    const remaining = {
      intact: this.#row.intact,
      nameNear: values.nameNear && (this.#row.held & 7) !== 0,
      source: registration,
    };
    return {
      person: stranger ? lookAlike : person.number,
      customers: customer ? this.#customersOf(person.number) : "",
      determinable:
        customer &&
        isDeterminable(person, remaining, { identity: this.#identity, shared: this.#sources.shared }),
    };
  }

  #classify(
    classes: ClassSet,
    { person, registration, stranger }: { person: Person; registration: Registration; stranger: boolean },
  ): void {
    if (stranger) classes.add("look-alike");
    else if (person.registrationCount === 0)
      classes.add(person.householdSize > 1 ? "family-outsider" : "outsider");
    if (person.twin) classes.add("twin");
    if (person.twin && person.registrationCount === 0) classes.add("twin-outsider");
    if (person.neighbour) classes.add("same-name-neighbour");
    if (person.registrationCount > 1) classes.add("registered-again");
    if (person.origin !== "japanese") classes.add("visitor");
    if (person.year > 1998) classes.add("minor");
    if (person.mailKind === "head" || person.phoneKind === "head") classes.add("shared-mail-or-phone");
    if ((registration.present & (present.email | present.phone)) === 0) classes.add("without-mail-and-phone");
  }

  #customersOf(person: number): string {
    const { population } = this.#sources;
    const first = population.firstRow[person] as number;
    let text = "";
    for (let at = 0; at < registrationsIn(population, person); at += 1)
      text += `${at === 0 ? "" : ";"}${customerIdAt(this.#order.at(first + at))}`;
    return text;
  }

  #tellFields(fields: Out, name: string, offset: number): void {
    const { cells } = this.#row;
    for (let place = 0; place < cells.length; place += 1) {
      const at = cells[place] as number;
      const text = this.#values.text[at] as string;
      if (text === "") continue;
      const normal = (this.#values.normal[at] as string).replaceAll('"', '""');
      fields.put(`${name},${offset},${place},${slotKinds[at]},"${normal}"\n`);
    }
  }
}

/**
 * The row whose copy this one is: itself, but for one in twenty; then one that stands before it in the file.
 */
function sourceOf(number: number, file: LeakFile, { seed }: Population): number {
  let source = number;
  while (source > file.start && fractionOf(seed, stream.repeat, source) < 0.05) {
    const farthest = Math.min(1_000, source - file.start);
    source -= 1 + (hashOf(seed, stream.repeat + 100, source) % farthest);
  }
  return source;
}

function linesWithin(text: string): number {
  return text.split("\n").length - 1;
}
