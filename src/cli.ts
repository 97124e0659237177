import { keepCompiledCode } from "./lib/compiledCode.ts";
import { textOfError, SekishoError } from "./lib/error.ts";
import { version } from "./lib/version.ts";

type Command = { summary: string; run: (argv: string[]) => Promise<number> };

/** Every command, with the module that carries it out; loaded when it is called. */
const commands: Record<string, Command> = {
  start: {
    summary: "start the station: gates, ledger, console (--demo: with a mailbox and the replay of 2016)",
    run: async (argv) => {
      if (argv.includes("--demo")) return (await import("./replay/demo.ts")).runDemo();
      return (await import("./station/startCommand.ts")).startCommand(argv);
    },
  },
  check: {
    summary:
      "check sekisho.yaml: every mistake with its line and its mend; --sample prints one to start from",
    run: async (argv) => (await import("./station/checkCommand.ts")).checkCommand(argv),
  },
  mail: {
    summary: "mail inspect FILE|DIR|-…: judge messages without a station",
    run: async (argv) => mailCommand(argv),
  },
  outbound: {
    summary: "outbound analyze | learn | card | enforcer | squid-conf: traffic, with and without a station",
    run: async (argv) => outboundCommand(argv),
  },
  records: {
    summary: "records discover | who | seen-by | person | canary | scan | watch: who reads whom",
    run: async (argv) => recordsCommand(argv),
  },
  scope: {
    summary: "scope INPUT… --customers FILE --out DIR: from recovered data to the list of affected persons",
    run: async (argv) => scopeCommands(argv),
  },
  law: {
    summary: "law clocks FACT=VALUE…: which duties follow from what is known of a breach, and until when",
    run: async (argv) => (await import("./law/lawCommand.ts")).lawCommand(argv),
  },
  incident: {
    summary: "incident new | list | show | claim | event | follow: by hand, without a running station",
    run: async (argv) => (await import("./station/incidentCommand.ts")).incidentCommand(argv),
  },
  notice: {
    summary: "notice import | texts | release | send | bounces | letters | proof …: one notice for each",
    run: async (argv) => (await import("./station/noticeCommand.ts")).noticeCommand(argv),
  },
  report: {
    summary: "report appi | order | gdpr | board | partner | public | cost … --incident N; diff, verify",
    run: async (argv) => (await import("./station/reportCommand.ts")).reportCommand(argv),
  },
  ledger: {
    summary: "ledger verify | show | prove | export | reindex: the record, and whether it was touched",
    run: async (argv) => (await import("./station/ledgerCommand.ts")).ledgerCommand(argv),
  },
  evidence: {
    summary: "evidence erase | rotate: make one object unreadable, or wrap all keys anew",
    run: async (argv) => (await import("./station/evidenceCommand.ts")).evidenceCommand(argv),
  },
  replay: {
    summary: "replay 2016 [--act mail] [--json]: the 2016 case through the real parts",
    run: async (argv) => (await import("./replay/replayCommand.ts")).replayCommand(argv),
  },
};

async function mailCommand(argv: string[]): Promise<number> {
  const [verb, ...rest] = argv;
  if (verb === "inspect") return (await import("./gates/mail/inspect.ts")).inspectMail(rest);
  if (verb === undefined || verb === "--help" || verb === "-h") {
    process.stdout.write("sekisho mail inspect [--json] [--no-dns] [--policy FILE] FILE|DIR|-…\n");
    return verb === undefined ? 2 : 0;
  }
  throw new SekishoError("usage", `Cannot run "mail ${verb}": there is no such command`, {
    hint: "try: sekisho mail inspect --help",
  });
}

const outboundCommands: Record<string, Command> = {
  analyze: {
    summary: "judge logs of traffic without a station",
    run: async (argv) => (await import("./gates/outbound/analyze/analyzeCommand.ts")).analyzeCommand(argv),
  },
  learn: {
    summary: "propose the inventory from logs or a record, to be read by people and pasted",
    run: async (argv) => (await import("./gates/outbound/analyze/learnCommand.ts")).learnCommand(argv),
  },
  card: {
    summary: "print the cut-off card from the configuration",
    run: async (argv) => (await import("./station/cardCommand.ts")).cardCommand(argv),
  },
  enforcer: {
    summary: "run the program that changes the kernel's rules, for a service manager",
    run: async (argv) => (await import("./gates/outbound/cut/enforcerCommand.ts")).enforcerCommand(argv),
  },
  "squid-conf": {
    summary: "print the lines for squid.conf",
    run: async (argv) =>
      (await import("./gates/outbound/cut/squidCommand.ts")).squidConfigurationCommand(argv),
  },
  "squid-helper": {
    summary: "answer Squid which requests are refused; Squid starts it",
    run: async (argv) => (await import("./gates/outbound/cut/squidCommand.ts")).squidHelperCommand(argv),
  },
};

async function outboundCommand(argv: string[]): Promise<number> {
  return runVerb("outbound", outboundCommands, argv);
}

/** What is done besides with jobs and customer tables, where the first word says so. */
const scopeVerbs: Record<string, Command> = {
  "hand-over": {
    summary: "put persons, links, notice groups and counts into the evidence store",
    run: async (argv) => (await import("./station/scopeHandOverCommand.ts")).scopeHandOverCommand(argv),
  },
  seal: {
    summary: "encrypt a finished job with a key",
    run: async (argv) => (await import("./station/scopeHandOverCommand.ts")).scopeSealCommand(argv),
  },
  erase: {
    summary: "overwrite and remove a job, with a certificate; --check proves one",
    run: async (argv) => (await import("./station/scopeEraseCommand.ts")).scopeEraseCommand(argv),
  },
  review: {
    summary: "look at doubtful links of a finished job, decide, and measure by samples",
    run: async (argv) => (await import("./scope/review/reviewCommand.ts")).reviewCommand(argv),
  },
  report: {
    summary: "write report.html and counts.csv of a finished job anew",
    run: async (argv) => (await import("./scope/reportCommand.ts")).reportCommand(argv),
  },
  map: {
    summary: "propose which column of a customer table holds what",
    run: async (argv) => (await import("./scope/mapCommand.ts")).mapCommand(argv),
  },
  index: {
    summary: "make or refresh the index of a customer table",
    run: async (argv) => (await import("./scope/indexCommand.ts")).indexCommand(argv),
  },
  keys: {
    summary: "write the keyed hashes of a job or an index as Parquet, for other engines",
    run: async (argv) => (await import("./scope/keysCommand.ts")).keysCommand(argv),
  },
  accesses: {
    summary: "what an account read through the records gate, as an input",
    run: async (argv) => (await import("./station/scopeAccess.ts")).scopeAccessCommand(argv),
  },
  compare: {
    summary: "what one job has that another has not",
    run: async (argv) => (await import("./scope/compareCommand.ts")).compareCommand(argv),
  },
};

/** Anything else names inputs. */
async function scopeCommands(argv: string[]): Promise<number> {
  const [verb] = argv;
  if (verb !== undefined && Object.hasOwn(scopeVerbs, verb)) return runVerb("scope", scopeVerbs, argv);
  return (await import("./scope/scopeCommand.ts")).scopeCommand(argv);
}

const recordsCommands: Record<string, Command> = {
  discover: {
    summary: "read the catalog and propose which columns are personal",
    run: async (argv) => (await import("./gates/records/discover/discoverCommand.ts")).discoverCommand(argv),
  },
  who: {
    summary: "who read this customer",
    run: async (argv) => (await import("./station/readersCommand.ts")).whoCommand(argv),
  },
  "seen-by": {
    summary: "what a person read, or what was read from a machine",
    run: async (argv) => (await import("./station/readersCommand.ts")).seenByCommand(argv),
  },
  person: {
    summary: "who may sign in at the gate: add, remove, list",
    run: async (argv) => (await import("./station/personCommand.ts")).personCommand(argv),
  },
  canary: {
    summary: "customers who do not exist: plant, list, export, remove",
    run: async (argv) => (await import("./station/canaryCommand.ts")).canaryCommand(argv),
  },
  scan: {
    summary: "look for personal records in files, once",
    run: async (argv) => (await import("./gates/records/files/scanCommand.ts")).scanCommand(argv),
  },
  watch: {
    summary: "watch folders for new files with personal records",
    run: async (argv) => (await import("./gates/records/files/watchCommand.ts")).watchCommand(argv),
  },
};

async function recordsCommand(argv: string[]): Promise<number> {
  return runVerb("records", recordsCommands, argv);
}

async function runVerb(name: string, verbs: Record<string, Command>, argv: string[]): Promise<number> {
  const [verb, ...rest] = argv;
  if (verb === undefined || verb === "--help" || verb === "-h") {
    const lines = Object.entries(verbs).map(([word, { summary }]) => `  ${word.padEnd(12)} ${summary}\n`);
    process.stdout.write(`sekisho ${name} COMMAND\n\n${lines.join("")}`);
    return verb === undefined ? 2 : 0;
  }
  const command = Object.hasOwn(verbs, verb) ? verbs[verb] : undefined;
  if (command !== undefined) return command.run(rest);
  throw new SekishoError("usage", `Cannot run "${name} ${verb}": there is no such command`, {
    hint: `try: sekisho ${name} --help`,
  });
}

function printHelp(): void {
  const lines = Object.entries(commands).map(([name, { summary }]) => `  ${name.padEnd(9)} ${summary}\n`);
  process.stdout.write(
    `sekisho ${version}: keeps the data inside even after an infection\n\n${lines.join("")}`,
  );
  process.stdout.write("\nEvery command has --help. A mistake ends with status 2, a failure with 1.\n");
}

/** Runs one command line; returns the exit status. */
export async function main(argv: string[]): Promise<number> {
  const [name, ...rest] = argv;
  if (name === undefined || name === "--help" || name === "-h" || name === "help") {
    printHelp();
    return name === undefined ? 2 : 0;
  }
  if (name === "--version" || name === "-v") {
    process.stdout.write(`${version}\n`);
    return 0;
  }
  const command = commands[name];
  if (command === undefined) {
    throw new SekishoError("usage", `Cannot run "${name}": there is no such command`, {
      hint: "try: sekisho --help",
    });
  }
  return command.run(rest);
}

/** What an operator can do about an error of the operating system. */
const systemHints: Record<string, string> = {
  ENOSPC: "free space on this disk, then start again",
  EACCES: "see that this user may read and write there",
  EPERM: "see that this user may read and write there",
  EROFS: "the disk is mounted read-only: choose another folder, or mount it anew",
  ENOTDIR: "a part of the path is a file: choose another folder",
  EEXIST: "something of another kind stands there: choose another folder",
  ENOENT: "see that the folder above exists",
  EMFILE: "raise the limit of open files (ulimit -n)",
};

function tellError(error: unknown): void {
  const { code = "", errno } = error as NodeJS.ErrnoException;
  const hint = error instanceof SekishoError ? error.hint : systemHints[code];
  if (hint === undefined || (errno === undefined && !(error instanceof SekishoError))) throw error;
  process.stderr.write(`sekisho: ${textOfError(error)}\n  ${hint}\n`);
  process.exitCode = code === "usage" || code === "config-invalid" ? 2 : 1;
}

// Whoever reads our output may have heard enough (`| head`).
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(0);
  throw error;
});

try {
  keepCompiledCode();
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  tellError(error);
}
