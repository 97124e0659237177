import { writeFile } from "node:fs/promises";
import { loadConfig } from "../config.ts";
import { cutCardOf } from "../gates/outbound/cutCard.ts";
import { drawCutCard, printCutCard } from "../gates/outbound/printCutCard.ts";
import { readArguments } from "../lib/arguments.ts";
import { SekishoError } from "../lib/error.ts";
import { languageOf } from "../lib/language.ts";

const help = `sekisho outbound card [--config FILE] [--html FILE] [--json] [--lang en|ja]

Prints the cut-off card from the configuration, without a station: who decides, in which order, by which
telephone number; what stops, what goes on, what it costs, how to lift it.

  --config FILE      sekisho.yaml
  --html FILE        one page for A4, to print and hang up
  --json             the card as one JSON object
  --lang en|ja       by default that of the environment
`;

/** `sekisho outbound card`. */
export async function cardCommand(argv: string[]): Promise<number> {
  const options = {
    config: { type: "string" },
    html: { type: "string" },
    json: { type: "boolean" },
    lang: { type: "string" },
    help: { type: "boolean", short: "h" },
  } as const;
  const { values, positionals } = readArguments(argv, options, "sekisho outbound card");
  if (values.help === true) {
    process.stdout.write(help);
    return 0;
  }
  if (positionals.length > 0) {
    throw new SekishoError("usage", `Cannot take "${positionals[0]}"`, {
      hint: "name the configuration with --config FILE",
    });
  }
  const language = languageOf(values.lang);
  const { config, file } = await loadConfig(values.config ?? "sekisho.yaml");
  const { organisation, roster, outbound } = config;
  if (outbound === undefined) {
    throw new SekishoError("setup-incomplete", `Cannot print a card: ${file} has no outbound section`, {
      hint: "see docs/outbound-gate.md",
    });
  }
  const card = cutCardOf({ organisation, roster, outbound, settings: file });
  if (values.html !== undefined) await writeFile(values.html, drawCutCard(card, language));
  if (values.json === true) process.stdout.write(`${JSON.stringify(card)}\n`);
  else if (values.html === undefined) process.stdout.write(printCutCard(card, language));
  return 0;
}
