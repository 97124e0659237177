import { readFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { parse } from "yaml";
import { readArguments } from "../../lib/arguments.ts";
import { languageOf } from "../../lib/language.ts";
import { SekishoError, textOfError } from "../../lib/error.ts";
import { Progress } from "../../lib/progress.ts";
import { createDnsResolver } from "./dns.ts";
import { inspectionJson, inspectionText, verdictOf, type Inspection } from "./inspect/printInspection.ts";
import { listFiles, messagesOf, unreadable, type Source } from "./inspect/messageSources.ts";
import { transportOf } from "./inspect/transportOf.ts";
import { judgeMail, judgeUnread } from "./judge.ts";
import { observeMail } from "./observe.ts";
import { MailPolicy } from "./policy.ts";
import { createReaderPool, type ReaderPool } from "./reader/createReaderPool.ts";
import { unknownHistory } from "./seen.ts";

const help = `sekisho mail inspect [options] FILE|DIR|-…

Judges stored messages (.eml) and mailboxes (.mbox) without a station. "-" reads standard input.

  --json          one JSON object a line for every message
  --no-dns        ask no name service: SPF, DKIM, DMARC and ARC stay unknown
  --policy FILE   a mail policy (YAML or JSON) instead of the default one
  --lang en|ja    language of the reasons; by default that of the environment
  --workers N     worker processes

Exit status: 0 all passed, 10 something would be held or refused, 2 some input could not be read.
`;

const options = {
  json: { type: "boolean" },
  "no-dns": { type: "boolean" },
  policy: { type: "string" },
  lang: { type: "string" },
  workers: { type: "string" },
  help: { type: "boolean", short: "h" },
} as const;

const readerMsMax = 20_000;
const readerBytesMax = 768 * 1024 ** 2;
const dnsSettings = { servers: [], answerMsMax: 1_000, messageMsMax: 2_500 };

/** Runs `sekisho mail inspect`; gives the exit status. */
export async function inspectMail(argv: string[]): Promise<number> {
  const { values, positionals } = readArguments(argv, options, "sekisho mail inspect");
  if (values.help === true) {
    process.stdout.write(help);
    return 0;
  }
  if (positionals.length === 0) {
    throw new SekishoError("usage", "Cannot inspect nothing: name a file, a folder or -", {
      hint: "try: sekisho mail inspect --help",
    });
  }
  const inspector = new Inspector({
    policy: values.policy === undefined ? MailPolicy.parse({}) : await readPolicy(values.policy),
    json: values.json === true,
    language: languageOf(values.lang),
  });
  const { files, errors } = await listFiles(positionals);
  for (const error of errors) inspector.tellUnreadable(error);
  const dns = values["no-dns"] === true ? null : createDnsResolver(dnsSettings);
  const workers = countOf(values.workers);
  const readers = createReaderPool({ workers, msMax: readerMsMax, rssBytesMax: readerBytesMax, dns });
  try {
    await inspector.run(files, { readers, ahead: workers * 4 });
  } finally {
    await readers.close();
  }
  return inspector.status;
}

type InspectorOptions = { policy: MailPolicy; json: boolean; language: "en" | "ja" };

/** Runs messages through the readers, some ahead of others, and prints them in the order of the input. */
class Inspector {
  readonly #options: InspectorOptions;
  readonly #counts = { pass: 0, hold: 0, refuse: 0, unreadable: 0 };
  #progress: Progress | null = null;

  constructor(inspectorOptions: InspectorOptions) {
    this.#options = inspectorOptions;
  }

  get status(): number {
    if (this.#counts.unreadable > 0) return 2;
    return this.#counts.hold + this.#counts.refuse > 0 ? 10 : 0;
  }

  async run(files: readonly string[], context: { readers: ReaderPool; ahead: number }): Promise<void> {
    // A message is not to blame for the time in which the readers start.
    await context.readers.ready();
    this.#progress = new Progress({ phase: "inspect", total: files.length });
    const underWay: Promise<Inspection | SekishoError>[] = [];
    for (const file of files) {
      for await (const source of messagesOf(file)) {
        underWay.push(this.#inspect(source, context.readers));
        if (underWay.length > context.ahead) await this.#print(underWay.shift());
      }
      this.#progress.add();
    }
    while (underWay.length > 0) await this.#print(underWay.shift());
    this.#progress.end();
    if (!this.#options.json) process.stdout.write(this.#summary());
  }

  async #inspect(source: Source, readers: ReaderPool): Promise<Inspection | SekishoError> {
    if ("error" in source) return source.error;
    const { file, raw } = source;
    if (raw.length === 0)
      return unreadable(file, "it is empty", "give a message as it was received, with its header");
    const started = performance.now();
    const arrived = { raw, transport: transportOf(raw) };
    const at = Temporal.Now.instant();
    const observed = await observeMail(readers, arrived, { at, historyOf: () => unknownHistory });
    const ms = performance.now() - started;
    if (!observed.ok)
      return { file, reading: null, judgement: judgeUnread(this.#options.policy, observed.problem), ms };
    const { reading } = observed.seen;
    if (reading.headers.length === 0) {
      return unreadable(
        file,
        "its first line is no header field",
        "give a message as it was received; attach other files to one",
      );
    }
    return { file, reading, judgement: judgeMail(observed.seen, this.#options.policy), ms };
  }

  async #print(waiting: Promise<Inspection | SekishoError> | undefined): Promise<void> {
    const inspected = await waiting;
    if (inspected === undefined) return;
    if (inspected instanceof SekishoError) {
      this.tellUnreadable(inspected);
      return;
    }
    this.#counts[verdictOf(inspected.judgement)] += 1;
    const { json, language } = this.#options;
    const text = json ? `${inspectionJson(inspected)}\n` : inspectionText(inspected, language);
    this.#progress?.end();
    // A reader that is slower than we are must not fill our memory.
    if (!process.stdout.write(text))
      await new Promise<void>((resolve) => process.stdout.once("drain", resolve));
  }

  tellUnreadable(error: SekishoError): void {
    this.#counts.unreadable += 1;
    this.#progress?.end();
    process.stderr.write(`sekisho: ${error.message}\n  ${error.hint}\n`);
  }

  #summary(): string {
    const { pass, hold, refuse, unreadable: unread } = this.#counts;
    return this.#options.language === "ja"
      ? `\n通過 ${pass}、保留 ${hold}、拒否 ${refuse}、読み取り不能 ${unread}\n`
      : `\n${pass} passed, ${hold} held, ${refuse} refused, ${unread} unreadable\n`;
  }
}

async function readPolicy(file: string): Promise<MailPolicy> {
  let value: unknown;
  try {
    value = parse(await readFile(file, "utf8"));
  } catch (cause) {
    throw new SekishoError("config-missing", `Cannot read the policy "${file}": ${textOfError(cause)}`, {
      hint: "give a YAML or JSON file with the fields of a mail policy, see docs/config.md",
      cause,
    });
  }
  const parsed = MailPolicy.safeParse(value ?? {});
  if (parsed.success) return parsed.data;
  const first = parsed.error.issues[0];
  const place = first === undefined || first.path.length === 0 ? "the top" : first.path.join(".");
  throw new SekishoError(
    "config-invalid",
    `Cannot use the policy "${file}": at ${place}: ${first?.message ?? "?"}`,
    {
      hint: "see the mail policy in docs/config.md",
    },
  );
}

function countOf(given: string | undefined): number {
  if (given === undefined) return Math.min(4, availableParallelism());
  const count = Number(given);
  if (Number.isInteger(count) && count >= 1 && count <= 64) return count;
  throw new SekishoError("usage", `Cannot use ${given} workers: a whole number from 1 to 64 is needed`, {
    hint: "try: --workers 2",
  });
}
