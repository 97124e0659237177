import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readArguments } from "../lib/arguments.ts";
import { SekishoError } from "../lib/error.ts";
import { acts, playActs, printActs, recordReplay } from "./acts.ts";
import { delaysOf, printDelays } from "./delays.ts";
import { openStage } from "./stage.ts";

const help = `sekisho replay 2016 [--act NAME] [--json] [--keep FOLDER]
    plays the 2016 case through the real parts, on a station of its own, and says what became of it
    acts: ${acts.map((act) => act.name).join(", ")}; all of them where none is named
    ends with a table: the delay in 2016, and here, as measured in this run
    --json   one object {ok, acts: [{act, ok, seconds, figures, problems}], delays: [{code, days, seconds}]}
    --keep   leave the data folder, to look at: sekisho ledger verify --folder FOLDER
    0 where every act ended as it has to, 1 where one did not
`;

/** \`sekisho replay 2016\`. */
export async function replayCommand(argv: string[]): Promise<number> {
  const options = {
    act: { type: "string", multiple: true },
    json: { type: "boolean" },
    keep: { type: "string" },
    help: { type: "boolean", short: "h" },
  } as const;
  const { values, positionals } = readArguments(argv, options, "sekisho replay");
  if (values.help === true) {
    process.stdout.write(help);
    return 0;
  }
  if (positionals.length !== 1 || positionals[0] !== "2016") {
    throw new SekishoError("usage", `Cannot replay "${positionals.join(" ")}": only 2016 is there`, {
      hint: "run: sekisho replay 2016",
    });
  }
  const unknown = (values.act ?? []).find((name) => !acts.some((act) => act.name === name));
  if (unknown !== undefined) {
    throw new SekishoError("usage", `Cannot play act "${unknown}": it does not exist`, {
      hint: `acts: ${acts.map((act) => act.name).join(", ")}`,
    });
  }
  const folder = values.keep ?? mkdtempSync(join(tmpdir(), "sekisho-replay-"));
  const tell = (line: string): void => void process.stderr.write(`${line}\n`);
  try {
    const stage = await openStage({ folder, consolePort: 0, gatePort: 0, quiet: true, tell });
    const results = await playActs(stage, values.act ?? null);
    const delays = delaysOf(results);
    await recordReplay(stage, results, delays);
    await stage.close();
    const ok = results.every((result) => result.ok);
    const printed = results.map(({ act, ok: actOk, seconds, figures, problems }) => {
      return { act, ok: actOk, seconds: Number(seconds.toFixed(3)), figures, problems };
    });
    process.stdout.write(
      values.json === true
        ? `${JSON.stringify({ ok, acts: printed, delays })}\n`
        : `${printActs(results)}${printDelays(delays)}`,
    );
    return ok ? 0 : 1;
  } finally {
    if (values.keep === undefined) rmSync(folder, { recursive: true, force: true });
  }
}
