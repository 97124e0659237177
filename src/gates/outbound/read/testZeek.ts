/** A TSV log as Zeek writes it; fields and lines with blanks instead of tabs. */
export function zeekFile(path: string, fields: string, lines: readonly string[]): string {
  const tabs = (text: string): string => text.replaceAll(" ", "\t");
  const head = [
    "#separator \\x09",
    "#set_separator\t,",
    "#empty_field\t(empty)",
    "#unset_field\t-",
    `#path\t${path}`,
    "#open\t2016-03-15-00-00-00",
    `#fields\t${tabs(fields)}`,
    `#types\t${fields.replaceAll(/[^ ]+/g, "string").replaceAll(" ", "\t")}`,
  ];
  return [...head, ...lines.map(tabs), "#close\t2016-03-15-01-00-00", ""].join("\n");
}
