import { readFile } from "node:fs/promises";
import { printMistake, readConfig } from "../config.ts";
import { readArguments } from "../lib/arguments.ts";
import { SekishoError, textOfError } from "../lib/error.ts";
import { printSampleConfig } from "./describeConfig.ts";

const help = `sekisho check [--json] [FILE]      check a configuration (default: sekisho.yaml)
sekisho check --sample             print a configuration to start from
`;

/** \`sekisho check\`: 0 where the file is right, 2 with every mistake, its line and its mend. */
export async function checkCommand(argv: string[]): Promise<number> {
  const options = {
    json: { type: "boolean" },
    sample: { type: "boolean" },
    help: { type: "boolean", short: "h" },
  } as const;
  const { values, positionals } = readArguments(argv, options, "sekisho check");
  if (values.help === true) {
    process.stdout.write(help);
    return 0;
  }
  if (values.sample === true) {
    process.stdout.write(printSampleConfig());
    return 0;
  }
  const file = positionals[0] ?? "sekisho.yaml";
  const text = await readFile(file, "utf8").catch((cause: unknown) => {
    throw new SekishoError("config-missing", `Cannot read ${file}: ${textOfError(cause)}`, {
      hint: "run: sekisho check --sample > sekisho.yaml",
      cause,
    });
  });
  const read = readConfig(text);
  const mistakes = "mistakes" in read ? read.mistakes : [];
  if (values.json === true)
    process.stdout.write(`${JSON.stringify({ file, ok: mistakes.length === 0, mistakes })}\n`);
  else if (mistakes.length === 0) process.stdout.write(`${file}: right\n`);
  else process.stdout.write(`${mistakes.map((mistake) => printMistake(file, mistake)).join("\n")}\n`);
  return mistakes.length === 0 ? 0 : 2;
}
