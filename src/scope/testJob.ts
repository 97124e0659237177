import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { makePerson, seededRandom, type GeneratedPerson } from "../personal/generatePersons.ts";
import { openDuck } from "../lib/openDuck.ts";
import { runScope, type ScopeOptions, type ScopeResult } from "./job/runScope.ts";

/** A folder with a customer table, for tests of whole jobs; it goes when the test is over. */
export class TestJob implements Disposable {
  readonly folder = mkdtempSync(join(tmpdir(), "sekisho-scope-"));
  readonly customers: readonly GeneratedPerson[];
  readonly table: string;

  constructor(customers: number) {
    const random = seededRandom(2016);
    this.customers = Array.from({ length: customers }, () => makePerson(random));
    const partners = ["", "dTravel", "=HYPERLINK(1)"];
    const lines = this.customers.map((one, at) => {
      const { name, kana, roman, sex, birthDate, email, phone, postalCode, address } = one;
      const values = [idOf(at), name, kana, roman, sex, birthDate, email, phone, postalCode, address];
      return [...values, partners[at % 3], "国内宿泊", `2015-0${(at % 9) + 1}-11`, "ja"].join(",");
    });
    this.table = this.write(
      "customers.csv",
      `customer_id,name_kanji,name_kana,name_roman,sex,birth_date,email,phone,postal_code,address,par` +
        `tner,service,booked_on,language\n${lines.join("\n")}\n`,
    );
  }

  write(name: string, content: string | Uint8Array): string {
    const file = join(this.folder, name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
    return file;
  }

  /** Rows of a leaked file: customers `from` to `to`, without a header. */
  rows(from: number, to: number): string {
    return this.customers
      .slice(from, to)
      .map(({ name, birthDate, email, phone, address }) => [birthDate, email, name, phone, address].join(","))
      .map((line) => `${line}\r\n`)
      .join("");
  }

  /** Runs a job over inputs; its lists are in `<folder>/<out>`. */
  run(inputs: readonly string[], out = "out", options: Partial<ScopeOptions> = {}): Promise<ScopeResult> {
    return runScope({
      inputs,
      customers: this.table,
      map: null,
      index: null,
      out: join(this.folder, out),
      at: Temporal.PlainDate.from("2016-06-14"),
      again: false,
      threads: 2,
      onProgress: () => {},
      ...options,
    });
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export function idOf(customer: number): string {
  return `C${String(customer + 1).padStart(6, "0")}`;
}

/** Rows of SQL over files, for a look. */
export async function ask<Row>(sql: string): Promise<Row[]> {
  const duck = await openDuck();
  try {
    return await duck.rows<Row>(sql);
  } finally {
    await duck.close();
  }
}
