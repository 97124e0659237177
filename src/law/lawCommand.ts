import { readArguments } from "../lib/arguments.ts";
import { SekishoError } from "../lib/error.ts";
import { languageOf, type Language } from "../lib/language.ts";
import { clocksOf, type LegalClock } from "./clocks.ts";
import { FACT_NAMES, FACTS, type Claim, type FactName } from "./facts.ts";
import type { Law } from "./law.ts";
import { LAWS } from "./laws.ts";
import { parseClaimValue } from "./parseClaim.ts";

const help = `sekisho law clocks FACT=VALUE… [--law ID]… [--json] [--lang ja|en]
    which duties follow from what is known of a breach, and until when; works alone
    FACT=true|false, FACT=NUMBER, FACT<=NUMBER (at most), FACT=2016-04-01 or FACT=2016-04-01T09:30+09:00
    a fact that is said twice with two values gives two clocks: nobody has settled yet which holds
    example: sekisho law clocks knew=2016-05-13 improper-purpose=true 'persons<=7930000'
sekisho law facts [--json] [--lang ja|en]     the facts that laws ask about
sekisho law list [--json] [--lang ja|en]      the laws, with the day on which each was last checked
    No legal advice: it counts by the texts named in it. 0 done, 2 a fact or a law is not known.
`;

const options = {
  law: { type: "string", multiple: true },
  json: { type: "boolean" },
  lang: { type: "string" },
  help: { type: "boolean", short: "h" },
} as const;

/** Runs \`sekisho law\`; gives the exit status. */
export async function lawCommand(argv: string[]): Promise<number> {
  const { values, positionals } = readArguments(argv, options, "sekisho law");
  const [verb, ...facts] = positionals;
  if (values.help === true || verb === undefined) {
    process.stdout.write(help);
    return values.help === true ? 0 : 2;
  }
  const language = languageOf(values.lang);
  const print = (found: unknown, text: () => string): number => {
    process.stdout.write(values.json === true ? `${JSON.stringify(found)}\n` : text());
    return 0;
  };
  if (verb === "list") return print(LAWS, () => LAWS.map((law) => lineOfLaw(law, language)).join(""));
  if (verb === "facts")
    return print(FACTS, () => FACT_NAMES.map((name) => lineOfFact(name, language)).join(""));
  if (verb !== "clocks") {
    throw new SekishoError("usage", `Cannot run "law ${verb}": there is no such command`, {
      hint: "try: sekisho law --help",
    });
  }
  const claims = facts.map((text, at) => claimOf(text, at));
  const laws = lawsOf(values.law ?? []);
  const clocks = laws.flatMap((law) => clocksOf(law, claims).filter(({ judged }) => judged.answer !== "no"));
  return print(clocks.map(printed), () => textOfClocks(clocks, language));
}

function lawsOf(names: readonly string[]): readonly Law[] {
  const unknown = names.find((name) => !LAWS.some(({ id }) => id === name));
  if (unknown !== undefined) {
    throw new SekishoError("usage", `Cannot count by "${unknown}": it is no law that is known`, {
      hint: `known: ${LAWS.map(({ id }) => id).join(", ")}`,
    });
  }
  return names.length === 0 ? LAWS : LAWS.filter(({ id }) => names.includes(id));
}

/** "knew=2016-04-01", "persons<=5000". */
function claimOf(text: string, at: number): Claim {
  const [, fact = "", sign = "", value = ""] = /^([a-z-]+)(<=|=)(.+)$/.exec(text) ?? [];
  if (!(FACT_NAMES as readonly string[]).includes(fact)) {
    throw new SekishoError("usage", `Cannot read "${text}": FACT=VALUE of a known fact is needed`, {
      hint: `known: ${FACT_NAMES.join(", ")}`,
    });
  }
  const name = fact as FactName;
  return {
    id: `argument-${at + 1}`,
    fact: name,
    value: parseClaimValue(name, value),
    ...(sign === "<=" ? { bound: true } : {}),
    by: "",
    at: "",
  };
}

function printed({ law, version, duty, judged, from, deadline, lastDay, counted }: LegalClock): object {
  return {
    law,
    version,
    duty: duty.id,
    name: duty.name,
    recipient: duty.recipient,
    binding: duty.binding,
    source: duty.source,
    answer: judged.answer,
    because: judged.because,
    open: judged.open,
    from: from === null ? null : from.value,
    deadline: deadline?.toString() ?? null,
    lastDay: lastDay?.toString() ?? null,
    counted,
  };
}

const words = {
  due: { ja: "義務あり", en: "due" },
  mayBe: { ja: "義務の可能性", en: "may be due" },
  open: { ja: "未判明の事実", en: "not yet known" },
  none: { ja: "この事実から生じる義務はありません。\n", en: "No duty follows from these facts.\n" },
  undated: { ja: "期限日なし", en: "no day" },
} as const;

function textOfClocks(clocks: readonly LegalClock[], language: Language): string {
  if (clocks.length === 0) return words.none[language];
  const rankOf = ({ judged, deadline }: LegalClock): string =>
    `${judged.answer === "yes" ? 0 : 1} ${deadline?.toString() ?? "9999"}`;
  const sorted = clocks.toSorted((one, other) => (rankOf(one) < rankOf(other) ? -1 : 1));
  return sorted
    .map(({ law, duty, judged, deadline, lastDay, counted }) => {
      const name = LAWS.find(({ id }) => id === law)?.name[language] ?? law;
      const until = lastDay?.toString() ?? deadline?.toString() ?? words.undated[language];
      const due = words[judged.answer === "yes" ? "due" : "mayBe"][language];
      const open = judged.open.map((fact) => FACTS[fact].about[language]);
      return (
        `${until}  ${due}  ${duty.name[language]} (${name})\n` +
        `    ${duty.recipient[language]}; ${counted[language]}; ${duty.source}\n` +
        (open.length === 0 ? "" : `    ${words.open[language]}: ${open.join("; ")}\n`)
      );
    })
    .join("");
}

function lineOfLaw({ id, name, version, checkedOn, duties }: Law, language: Language): string {
  const named = duties.map((duty) => duty.name[language]).join(", ");
  return `${id}  ${name[language]}  ${version}, checked ${checkedOn}\n    ${named}\n`;
}

function lineOfFact(name: FactName, language: Language): string {
  return `${name}  ${FACTS[name].kind}  ${FACTS[name].about[language]}\n`;
}
