import { globSync, readFileSync, writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { REASONS } from "../src/gates/mail/reasons.ts";
import { defaultOrders } from "../src/gates/mail/policy.ts";
import { FINDINGS } from "../src/gates/outbound/findings.ts";
import { FINDINGS as RECORDS_FINDINGS } from "../src/gates/records/findings.ts";
import { defaultOutboundOrders } from "../src/gates/outbound/policy.ts";
import { printConfigPage } from "../src/station/describeConfig.ts";
import { nameOfReason } from "../src/console/client/words/reasonWords.ts";

/** Pages that are printed from the code, by path. A stale one fails the test that compares them. */
export function printedDocs(): Record<string, string> {
  return {
    "docs/config.md": printConfigPage(),
    "docs/reasons.md": printReasons(),
    "docs/findings.md": printFindings(),
    "docs/citations.md": printCitations(),
  };
}

function printReasons(): string {
  const rows = Object.entries(REASONS).map(([code, { technique, severity }]) => {
    const orders = defaultOrders.filter((order) => [...order.anyOf, ...order.allOf].includes(code as never));
    const names = nameOfReason(code);
    const done = orders.map((order) => `\`${order.name}\``).join(" ");
    return `| \`${code}\` | ${names.en} | ${names.ja} | ${technique ?? ""} | ${severity} | ${done} |`;
  });
  return [
    "# What the mail gate finds",
    "",
    "Printed from `src/gates/mail/reasons.ts` by `npm run ok`; do not edit. Every reason comes with a",
    "sentence in English and Japanese that names the evidence. What is done about a reason is the site's:",
    "the last column names the standing orders of a house that has not decided otherwise",
    "(`mail.policy.orders`).",
    "",
    "| code | | | ATT&CK | severity | default order |",
    "| --- | --- | --- | --- | --- | --- |",
    ...rows,
    "",
  ].join("\n");
}

function printFindings(): string {
  const rows = Object.entries(FINDINGS).map(([code, { technique, severity }]) => {
    const orders = defaultOutboundOrders.filter((order) => order.anyOf.includes(code as never));
    const done = orders.map((order) => `\`${order.name}\` (${order.do})`).join(" ");
    return `| \`${code}\` | ${technique ?? ""} | ${severity} | ${done} |`;
  });
  return [
    "# What the outbound gate finds",
    "",
    "Printed from `src/gates/outbound/findings.ts` by `npm run ok`; do not edit. Every finding comes with",
    "its figures and sentences in English and Japanese. The severity is the usual one: a host that holds",
    "personal data, or a weak sign, changes it. What is done about a finding is the site's: the last column",
    "names the standing orders of a house that has not decided otherwise (`outbound.policy.orders`).",
    "",
    "| code | ATT&CK | severity | default order |",
    "| --- | --- | --- | --- |",
    ...rows,
    "",
    ...printRecordsFindings(),
  ].join("\n");
}

function printRecordsFindings(): string[] {
  const rows = Object.entries(RECORDS_FINDINGS).map(
    ([code, { technique, severity }]) => `| \`${code}\` | ${technique ?? ""} | ${severity} |`,
  );
  return [
    "# What the records gate finds",
    "",
    "Printed from `src/gates/records/findings.ts`. What is done about it is the site's, for each group of",
    "persons (`records.policy.groups`).",
    "",
    "| code | ATT&CK | severity |",
    "| --- | --- | --- |",
    ...rows,
    "",
  ];
}

/** Sections of standards that the code cites, with the places that cite them. */
function printCitations(): string {
  const cited = new Map<string, Set<string>>();
  for (const path of globSync("src/**/*.{ts,tsx}").sort()) {
    const text = readFileSync(path, "utf8");
    for (const match of text.matchAll(/\b(RFC \d{3,5}(?: \d+(?:\.\d+)*)?|C2SP [a-z-]+)/g)) {
      const places = cited.get(match[1] as string) ?? new Set();
      cited.set(match[1] as string, places.add(path));
    }
  }
  const sorted = [...cited].sort(([one], [other]) => one.localeCompare(other, "en", { numeric: true }));
  const rows = sorted.map(
    ([name, places]) => `| ${name} | ${[...places].map((place) => `\`${place}\``).join(" ")} |`,
  );
  return [
    "# Standards that the code cites",
    "",
    "Printed from the comments in `src/` by `npm run ok`; do not edit.",
    "",
    "| section | cited in |",
    "| --- | --- |",
    ...rows,
    "",
  ].join("\n");
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  for (const [path, text] of Object.entries(printedDocs())) writeFileSync(path, text);
}
