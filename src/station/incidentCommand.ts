import { userInfo } from "node:os";
import { loadConfig } from "../config.ts";
import { PLAYBOOKS, playbookOf } from "../incident/room/playbooks.ts";
import { FACTS, type FactName } from "../law/facts.ts";
import { parseClaimValue } from "../law/parseClaim.ts";
import { readArguments } from "../lib/arguments.ts";
import { SekishoError, textOfError } from "../lib/error.ts";
import { languageOf, type Language } from "../lib/language.ts";
import { databaseUrlOf } from "./databaseUrl.ts";
import { Station } from "./openStation.ts";
import { createIncidentService } from "./service/incidentService.ts";
import type { IncidentView } from "./services.ts";

const help = `sekisho incident new --title TEXT [FACT=VALUE… --source TEXT]
    opens an incident by hand: the breach may have happened outside the gates
sekisho incident list
sekisho incident show NUMBER
    facts with who said them, and clocks with how they were counted
sekisho incident claim NUMBER FACT=VALUE… --source TEXT
    records what is known, and where it is known from: FACT=true|false, FACT=NUMBER, FACT<=NUMBER (at most),
    FACT=2016-04-01 or FACT=2016-04-01T09:30+09:00; the facts: sekisho law facts
sekisho incident event NUMBER --what TEXT --happened MOMENT --known MOMENT --to WHOM
sekisho incident follow NUMBER PLAYBOOK
    puts the steps of a playbook there as tasks: ${PLAYBOOKS.map(({ id }) => id).join(", ")}

  --config FILE   default: sekisho.yaml; its station must not run: a running one does it on its pages
  --as NAME       who says so (default: the account of this machine)
  --lang ja|en    language of what is printed
  --json          as JSON
0 done, 1 there is no such incident, 2 something was not given or cannot be read.
`;

const options = {
  title: { type: "string" },
  source: { type: "string" },
  what: { type: "string" },
  happened: { type: "string" },
  known: { type: "string" },
  to: { type: "string" },
  as: { type: "string" },
  config: { type: "string" },
  lang: { type: "string" },
  json: { type: "boolean" },
  help: { type: "boolean", short: "h" },
} as const;
type Values = ReturnType<typeof readArguments<typeof options>>["values"];

/** Runs `sekisho incident`; gives the exit status. */
export async function incidentCommand(argv: string[]): Promise<number> {
  const { values, positionals } = readArguments(argv, options, "sekisho incident");
  const [verb, ...words] = positionals;
  if (values.help === true || verb === undefined) {
    process.stdout.write(help);
    return values.help === true ? 0 : 2;
  }
  const run = Object.hasOwn(verbs, verb) ? verbs[verb] : undefined;
  if (run === undefined) throw usage(`Cannot run "incident ${verb}": there is no such command`);
  // Mistakes are told before anything is opened.
  const act = run(words, values);
  const desk = await openDesk(values);
  try {
    await act(desk);
  } finally {
    await desk.close();
  }
  return 0;
}

function usage(message: string): SekishoError {
  return new SekishoError("usage", message, { hint: "try: sekisho incident --help" });
}

type Desk = {
  station: Station;
  /** As the ledger calls who types this. */
  person: string;
  view(id: string): Promise<IncidentView>;
  print(found: unknown, text: () => string): void;
  language: Language;
  close(): Promise<void>;
};

/** The stores of a station that does not run, brought up to its ledger. */
async function openDesk(values: Values): Promise<Desk> {
  const loaded = await loadConfig(values.config ?? "sekisho.yaml");
  const station = await Station.open({
    loaded,
    databaseUrl: databaseUrlOf(loaded),
    log: (level, message, fields) => {
      if (level !== "info") process.stderr.write(`${message} ${JSON.stringify(fields ?? {})}\n`);
    },
    onFatal: (error) => {
      process.stderr.write(`The ledger could not be written: ${textOfError(error)}\n`);
      process.exit(1);
    },
  }).catch((error: unknown) => {
    if (!(error instanceof SekishoError) || error.code !== "ledger-locked") throw error;
    throw new SekishoError("ledger-locked", error.message, {
      hint: "do it on the page Incidents of the running station, or stop the station first",
      cause: error,
    });
  });
  await station.index.start();
  const { evidence, desk } = station;
  const nameOf = async (): Promise<null> => null;
  const service = createIncidentService({ incidents: desk.incidents, laws: desk.laws, evidence, nameOf });
  return {
    station,
    person: `administrator/${values.as ?? userInfo().username}`,
    view: (id) => service.get(id),
    language: languageOf(values.lang),
    print: (found, text) =>
      void process.stdout.write(values.json === true ? `${JSON.stringify(found)}\n` : text()),
    close: () => station.close(),
  };
}

type Act = (desk: Desk) => Promise<void>;

const verbs: Readonly<Record<string, (words: string[], values: Values) => Act>> = {
  new(facts, values) {
    const { title } = values;
    if (title === undefined) throw usage("Cannot open an incident without --title TEXT");
    const claims = claimsOf(facts, values);
    return async (desk) => {
      const id = await desk.station.incidents.open(title, desk.person);
      for (const claim of claims) await desk.station.incidents.facts.claim(id, claim, desk.person);
      await show(desk, id);
    };
  },
  list: () => async (desk) => {
    const rows = await desk.station.incidents.list();
    const views = await Promise.all(rows.map(({ id }) => desk.view(id)));
    const none = { ja: "インシデントはありません\n", en: "there is no incident\n" };
    desk.print(views, () => views.map((view) => lineOf(view, desk.language)).join("") || none[desk.language]);
  },
  show: (words) => async (desk) => show(desk, await idOf(desk, words)),
  claim(words, values) {
    const claims = claimsOf(words.slice(1), values);
    if (claims.length === 0) throw usage("Cannot claim nothing: give FACT=VALUE");
    return async (desk) => {
      const id = await idOf(desk, words);
      for (const claim of claims) await desk.station.incidents.facts.claim(id, claim, desk.person);
      await show(desk, id);
    };
  },
  event(words, values) {
    const { what, happened, known, to } = values;
    if (what === undefined || happened === undefined || known === undefined || to === undefined)
      throw usage("Cannot note an event without --what, --happened, --known and --to");
    // Days are read once more in the station's own zone.
    for (const text of [happened, known]) momentOf(text, "UTC");
    return async (desk) => {
      const id = await idOf(desk, words);
      const { timeZone } = desk.station.loaded.config;
      const data = { happenedAt: momentOf(happened, timeZone), knownAt: momentOf(known, timeZone) };
      const said = { data, text: { what, knownTo: to }, person: desk.person };
      const item = await desk.station.desk.room.note(id, "event", said);
      desk.print({ id: item, ...data }, () => `${item}\n`);
    };
  },
  follow(words) {
    const playbook = playbookOf(words[1] ?? "");
    return async (desk) => {
      const id = await idOf(desk, words);
      const tasks = await desk.station.desk.room.follow(id, playbook.id, desk.person);
      const lines = { ja: `作業${tasks}件を加えました\n`, en: `${tasks} tasks were added\n` };
      desk.print({ tasks }, () => lines[desk.language]);
    };
  },
};

async function idOf(desk: Desk, words: readonly string[]): Promise<string> {
  const [number = ""] = words;
  const found = (await desk.station.incidents.list()).find((row) => String(row.number) === number);
  if (found !== undefined) return found.id;
  throw new SekishoError("not-found", `Cannot find incident ${number || "without a number"}`, {
    hint: "see: sekisho incident list",
  });
}

function claimsOf(facts: readonly string[], values: Values) {
  if (facts.length > 0 && values.source === undefined)
    throw usage("Cannot record a fact without --source TEXT: where it is known from");
  return facts.map((text) => {
    const [, name = "", sign, value = ""] = /^([a-z-]+)(<=|=)(.*)$/.exec(text) ?? [];
    if (!Object.hasOwn(FACTS, name)) {
      throw new SekishoError("usage", `Cannot read "${text}": FACT=VALUE is needed`, {
        hint: "see: sekisho law facts",
      });
    }
    const fact = name as FactName;
    const bound = sign === "<=";
    return { fact, value: parseClaimValue(fact, value), bound, source: values.source ?? "" };
  });
}

/** A day stands for its first moment in the station's zone. */
function momentOf(text: string, timeZone: string): string {
  try {
    if (/^\d{4}-\d\d-\d\d$/.test(text))
      return Temporal.PlainDate.from(text).toZonedDateTime(timeZone).toInstant().toString();
    return Temporal.Instant.from(text).toString();
  } catch {
    throw usage(`Cannot read the moment "${text}": 2016-04-01 or 2016-04-01T09:30+09:00 is needed`);
  }
}

async function show(desk: Desk, id: string): Promise<void> {
  const view = await desk.view(id);
  const { language } = desk;
  desk.print(view, () => {
    const facts = view.facts.flatMap(({ about, claims }) =>
      claims
        .filter(({ former }) => !former)
        .map(({ value, bound, by }) => `  ${about[language]}: ${bound ? "≤ " : ""}${value} (${by})\n`),
    );
    const clocks = view.clocks
      .filter(({ answer, claim }) => answer === "yes" || claim !== null)
      .map(({ lawName, name, lastDay, deadline, counted, done }) => {
        const until = done === null ? (lastDay ?? deadline ?? "–") : "✓";
        return `  ${until}  ${lawName[language]} ${name[language]}\n      ${counted[language]}\n`;
      });
    const heads = { ja: ["事実", "期限"], en: ["Facts", "Clocks"] }[language];
    return `${lineOf(view, language)}\n${heads[0]}\n${facts.join("")}\n${heads[1]}\n${clocks.join("")}`;
  });
}

function lineOf(view: IncidentView, language: Language): string {
  const next = view.next === null ? "" : `  ${view.next.duty[language]} ${view.next.deadline}`;
  return `${String(view.number).padStart(4)}  ${view.state}  ${view.openedAt}  ${view.title ?? ""}${next}\n`;
}
