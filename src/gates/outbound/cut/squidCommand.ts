import { resolve } from "node:path";
import { readArguments } from "../../../lib/arguments.ts";
import { SekishoError } from "../../../lib/error.ts";
import { SQUID_LOGFORMAT } from "../read/squid.ts";
import { answerSquid } from "./squidHelper.ts";
import { squidConfiguration } from "./squidList.ts";

const options = { list: { type: "string" }, help: { type: "boolean", short: "h" } } as const;

const helperHelp = `sekisho outbound squid-helper --list FILE

Squid's external ACL helper: answers on standard output, line by line, which requests an order refuses.
Squid starts it, by the lines that \`sekisho outbound squid-conf --list FILE\` prints.

  --list FILE     what the enforcer writes: outbound.cut.squid.listFile in sekisho.yaml
`;

const configurationHelp = `sekisho outbound squid-conf [--log FILE] [--list FILE]

Prints the lines for squid.conf: the log from which the gate reads who asked for what and sent how much, and,
with --list, the rule by which an order refuses requests.

  --log FILE      the log (/var/log/squid/sekisho.log); name it in outbound.sources.squid
  --list FILE     outbound.cut.squid.listFile of sekisho.yaml; Squid's user must be able to read it
`;

/** `sekisho outbound squid-helper`: what Squid starts. */
export function squidHelperCommand(argv: string[]): Promise<number> {
  const { values } = readArguments(argv, options, "sekisho outbound squid-helper");
  if (values.help === true) {
    process.stdout.write(helperHelp);
    return Promise.resolve(0);
  }
  if (values.list === undefined) {
    throw new SekishoError("usage", "Cannot answer Squid: --list is needed", {
      hint: "try: sekisho outbound squid-helper --help",
    });
  }
  return answerSquid(values.list);
}

/** `sekisho outbound squid-conf`: the lines for squid.conf. */
export function squidConfigurationCommand(argv: string[]): number {
  const known = { ...options, log: { type: "string" } } as const;
  const { values } = readArguments(argv, known, "sekisho outbound squid-conf");
  if (values.help === true) {
    process.stdout.write(configurationHelp);
    return 0;
  }
  const log = resolve(values.log ?? "/var/log/squid/sekisho.log");
  for (const path of [log, values.list ?? ""]) {
    // Blanks would begin a new word of squid.conf.
    if (!/\s/.test(path)) continue;
    throw new SekishoError("usage", `Cannot write "${path}" into squid.conf: it holds a blank`, {
      hint: "choose a path without blanks",
    });
  }
  const lines = ["# For the record: who asked for what, and how much was sent.", SQUID_LOGFORMAT];
  lines.push(`access_log stdio:${log} sekisho`, "");
  if (values.list === undefined) {
    lines.push("# With --list FILE the rule is printed by which an order refuses requests.", "");
  } else {
    lines.push("# For orders; before any other http_access line.");
    lines.push(squidConfiguration({ listFile: resolve(values.list) }));
  }
  process.stdout.write(lines.join("\n"));
  return 0;
}
