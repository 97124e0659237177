import { readFile } from "node:fs/promises";
import { parse } from "yaml";
import { SekishoError, textOfError } from "../../../lib/error.ts";
import { OutboundSettings } from "../settings.ts";

/** Ctrl-C leaves no temporary files behind. */
export function stopOnSignal(close: () => Promise<void>): () => void {
  const stop = (signal: NodeJS.Signals): void => {
    process.stderr.write(`\nsekisho: stopped; nothing was changed\n`);
    void close().finally(() => process.exit(signal === "SIGINT" ? 130 : 143));
  };
  process.once("SIGINT", stop);
  process.once("SIGTERM", stop);
  return () => {
    process.removeListener("SIGINT", stop);
    process.removeListener("SIGTERM", stop);
  };
}

/** The settings of a command that works on files: an outbound section, with our own networks on top. */
export async function readSettings(
  file: string | undefined,
  internal: string | undefined,
): Promise<OutboundSettings & { guessInternal: boolean }> {
  const written = file === undefined ? {} : await readYaml(file);
  const outer = written as { outbound?: unknown };
  const parsed = OutboundSettings.safeParse(outer.outbound ?? written);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new SekishoError(
      "config-invalid",
      `Cannot use ${file}: ${issue?.path.join(".")}: ${issue?.message}`,
      {
        hint: "see the keys of `outbound` in docs/config.md",
      },
    );
  }
  if (internal === undefined) return { ...parsed.data, guessInternal: file === undefined };
  const networks = OutboundSettings.shape.internal.safeParse(internal.split(",").map((one) => one.trim()));
  if (!networks.success) {
    throw new SekishoError("usage", `Cannot take --internal ${internal}: not networks`, {
      hint: "write for instance --internal 10.0.0.0/8,203.0.113.7/32",
    });
  }
  return { ...parsed.data, internal: networks.data, guessInternal: false };
}

async function readYaml(file: string): Promise<unknown> {
  try {
    return parse(await readFile(file, "utf8"), { maxAliasCount: 0 }) ?? {};
  } catch (cause) {
    throw new SekishoError("config-invalid", `Cannot read ${file}: ${textOfError(cause)}`, {
      hint: "write it as YAML: two spaces of indentation, `key: value`",
      cause,
    });
  }
}

/** Waits for a slow reader, so that a long report does not pile up in memory. */
export function writeOut(text: string): Promise<void> {
  return new Promise((resolve) => {
    if (process.stdout.write(text)) resolve();
    else process.stdout.once("drain", resolve);
  });
}
