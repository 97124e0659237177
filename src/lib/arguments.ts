import { parseArgs, type ParseArgsOptionsConfig } from "node:util";
import { SekishoError } from "./error.ts";

/** Parses a command's arguments; a mistake is a usage error that names the argument. */
export function readArguments<const Options extends ParseArgsOptionsConfig>(
  argv: readonly string[],
  options: Options,
  help: string,
) {
  try {
    return parseArgs({ args: [...argv], options, allowPositionals: true, strict: true });
  } catch (cause) {
    const message = (cause as Error).message.split(". ")[0] ?? "unknown argument";
    throw new SekishoError("usage", `Cannot read the arguments: ${message}`, {
      hint: `try: ${help} --help`,
      cause,
    });
  }
}
