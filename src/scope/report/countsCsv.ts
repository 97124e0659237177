import type { ScopeResult } from "../job/runScope.ts";

/**
 * The counts for spreadsheets: `section,name,records,persons`, with empty cells where there is no such
 * number.
 */
export function countsCsv(result: ScopeResult): string {
  const { persons, records, links, passports } = result;
  const rows: (readonly [string, string, number | "", number | ""])[] = [
    ["persons", "fewest", "", persons.fewest],
    ["persons", "most", "", persons.most],
    ["persons", "customers", "", persons.matched],
    ["persons", "in no customer table", "", persons.notCustomers],
    ["persons", "of excluded products only", "", result.excluded.persons],
    ["persons", "minors", "", result.minors],
    ["records", "found", records.found, ""],
    ["records", "in part", records.half, ""],
    ["records", "joined", records.joined, ""],
    ["records", "further ones of a person", result.duplicates, ""],
    ["lines", "without a person", records.withoutPerson, ""],
    ["links", "certain", links.certain, ""],
    ["links", "review", links.review, ""],
    ["passports", "all", passports.records, passports.persons],
    ["passports", `valid on ${result.at}`, "", passports.valid],
    ["passports", "expired", "", passports.expired],
    ["passports", "not known", "", passports.unknown],
    ...Object.entries(result.byItem).map(([name, one]) => ["item", name, one.records, one.persons] as const),
    ...Object.entries(result.by).flatMap(([section, counts]) =>
      Object.entries(counts).map(([name, n]) => [section, name, "", n] as const),
    ),
    ...Object.entries(result.encodings).map(([name, n]) => ["encoding", name, n, ""] as const),
    ...Object.entries(result.parts).map(([name, n]) => ["part", name, n, ""] as const),
  ];
  const lines = rows.map((row) => row.map((one) => cell(String(one))).join(","));
  return `\ufeffsection,name,records,persons\r\n${lines.join("\r\n")}\r\n`;
}

/** A cell that no spreadsheet takes for a formula. */
function cell(text: string): string {
  const plain = /^[=+@\t\r-]/.test(text) && !/^-?\d+$/.test(text) ? `'${text}` : text;
  return /[",\n\r]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain;
}
