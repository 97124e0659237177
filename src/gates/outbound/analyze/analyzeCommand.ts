import { availableParallelism } from "node:os";
import { writeFile } from "node:fs/promises";
import { readArguments } from "../../../lib/arguments.ts";
import { languageOf } from "../../../lib/language.ts";
import { SekishoError } from "../../../lib/error.ts";
import { Progress } from "../../../lib/progress.ts";
import type { Unread } from "../connection.ts";
import { Inventory } from "../hosts.ts";
import { Places } from "../places.ts";
import { openDuck } from "../../../lib/openDuck.ts";
import { loadPaths } from "../read/loadPaths.ts";
import type { OutboundSettings } from "../settings.ts";
import { analyzeTraffic } from "./analyzeTraffic.ts";
import { drawReport } from "./drawReport.ts";
import { readIntelligence } from "./intelligence.ts";
import { readSettings, stopOnSignal, writeOut } from "./onFiles.ts";
import { printJson, printReport, type Report } from "./printReport.ts";
import { gatherPlots } from "./plots.ts";

const help = `sekisho outbound analyze [options] PATH…

Judges logs of traffic without a station: files and folders of Zeek logs (TSV, JSON, compressed), Squid
access.log, unbound and dnsmasq query logs, conntrack events, pcap.

  --json             everything as one JSON object on standard output
  --html FILE        a report with drawings, as one file that needs nothing else
  --internal NETS    our own networks, with commas between them; by default the private ones
  --settings FILE    an outbound section as in sekisho.yaml: inventory, policy, suppressions
  --intel FILE       a list of indicators; may be given again
  --rolling          what the data shows first is new: weigh it so (as RITA's --rolling)
  --pairs N          how many pairs to give, best first (10000)
  --memory MB        memory for the database (500); what does not fit goes to a temporary folder
  --lang en|ja       language of the sentences; by default that of the environment

Exit status: 0 nothing grave found, 10 a finding of severity high or critical, 2 nothing could be read.
`;

const options = {
  json: { type: "boolean" },
  html: { type: "string" },
  internal: { type: "string" },
  settings: { type: "string" },
  intel: { type: "string", multiple: true },
  rolling: { type: "boolean" },
  pairs: { type: "string" },
  memory: { type: "string" },
  lang: { type: "string" },
  help: { type: "boolean", short: "h" },
} as const;

/** How many unread lines are listed; all are counted. */
const unreadMax = 1_000;

/** Runs `sekisho outbound analyze`; gives the exit status. */
export async function analyzeCommand(argv: string[]): Promise<number> {
  const { values, positionals } = readArguments(argv, options, "sekisho outbound analyze");
  if (values.help === true) {
    process.stdout.write(help);
    return 0;
  }
  if (positionals.length === 0) {
    throw new SekishoError("usage", "Cannot analyze nothing: name a file or a folder of logs", {
      hint: "try: sekisho outbound analyze --help",
    });
  }
  const language = languageOf(values.lang);
  const settings = await readSettings(values.settings, values.internal);
  const { intelligence, unread } = await readIntelligence(values.intel ?? settings.intel);
  const memory = numberOf("--memory", values.memory ?? "500", { min: 100, max: 1_000_000 });
  const pairsMax = numberOf("--pairs", values.pairs ?? "10000", { min: 1, max: 1_000_000 });
  const duck = await openDuck({ memoryBytesMax: memory * 1_000_000, threads: availableParallelism() });
  const end = stopOnSignal(() => duck.close());
  try {
    const report = await analyze({
      duck,
      paths: positionals,
      settings,
      intelligence,
      unread,
      pairsMax,
      rolling: values.rolling === true,
    });
    if (values.html !== undefined) {
      await writeFile(values.html, drawReport(report, await gatherPlots(duck, report.analysis), language));
    }
    if (values.json === true) await printJson(report, language, (text) => writeOut(text));
    else await writeOut(printReport(report, language, { html: values.html }));
    const { files, analysis } = report;
    if (files === 0) return 2;
    const grave = analysis.findings.some(
      ({ hiddenBy, severity }) => hiddenBy === null && (severity === "high" || severity === "critical"),
    );
    return grave ? 10 : 0;
  } finally {
    end();
    await duck.close();
  }
}

type Given = {
  duck: Awaited<ReturnType<typeof openDuck>>;
  paths: string[];
  settings: OutboundSettings & { guessInternal: boolean };
  intelligence: Awaited<ReturnType<typeof readIntelligence>>["intelligence"];
  unread: Unread[];
  pairsMax: number;
  rolling: boolean;
};

async function analyze(given: Given): Promise<Report> {
  const { duck, settings, intelligence, unread } = given;
  const indicatorsUnread = unread.length;
  const progress = new Progress({ phase: "reading", total: null });
  try {
    const loaded = await loadPaths(duck, given.paths, {
      unread: (one) => {
        if (unread.length < unreadMax) unread.push(one);
      },
      onProgress: ({ bytesDone, bytesTotal, rows }) => {
        progress.tell({ phase: `reading, ${rows} rows`, total: bytesTotal });
        progress.set(bytesDone);
      },
    });
    const analysis = await analyzeTraffic(duck, {
      inventory: new Inventory(settings.internal, settings.hosts),
      policy: settings.policy,
      intelligence,
      places: await Places.open(settings.asnFiles, (problem) => process.stderr.write(`${problem}\n`)),
      guessInternal: settings.guessInternal,
      rolling: given.rolling,
      pairsMax: given.pairsMax,
      today: Temporal.Now.plainDateISO().toString(),
      onPhase: (phase) => progress.tell({ phase: `judging ${phase}`, total: null }),
    });
    return {
      analysis,
      rows: loaded.rows,
      window: loaded.window,
      files: loaded.files.length,
      unread,
      unreadCount: loaded.unread + indicatorsUnread,
      indicators: intelligence.size,
    };
  } finally {
    progress.end();
  }
}

function numberOf(name: string, text: string, bounds: { min: number; max: number }): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= bounds.min && value <= bounds.max) return value;
  throw new SekishoError(
    "usage",
    `Cannot take ${name} ${text}: not a number from ${bounds.min} to ${bounds.max}`,
    {
      hint: "try: sekisho outbound analyze --help",
    },
  );
}
