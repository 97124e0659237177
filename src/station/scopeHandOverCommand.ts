import { userInfo } from "node:os";
import { basename, resolve } from "node:path";
import { readArguments } from "../lib/arguments.ts";
import { SekishoError } from "../lib/error.ts";
import { handOver } from "../scope/handOver/handOver.ts";
import { ReviewJob } from "../scope/review/reviewJob.ts";
import { sealJob } from "../scope/review/sealJob.ts";
import { openReceiver } from "./openReceiver.ts";

const handOverHelp = `sekisho scope hand-over OUT --to DIR | --config FILE

Puts the persons, links, notice groups and counts of a finished job into an evidence store, encrypted, with
one entry in its ledger, so that the incident room can work with them.

  --config FILE   the station whose data folder gets them (default: sekisho.yaml); it must not run: a
                  running one hands over on its page Scope
  --to DIR        a folder with a ledger and keys of its own, where there is no station
  --key FILE      the key of a sealed job
  --json          print the entry and the files as one JSON object
`;

/** Runs `sekisho scope hand-over`; gives the exit status. */
export async function scopeHandOverCommand(argv: string[]): Promise<number> {
  const options = {
    to: { type: "string" },
    config: { type: "string" },
    key: { type: "string" },
    json: { type: "boolean" },
    help: { type: "boolean", short: "h" },
  } as const;
  const { values, positionals } = readArguments(argv, options, "sekisho scope hand-over");
  const [out] = positionals;
  if (values.help === true || out === undefined) {
    process.stdout.write(handOverHelp);
    return values.help === true ? 0 : 2;
  }
  const job = await ReviewJob.open(out, values.key === undefined ? {} : { key: values.key });
  try {
    const receiver = await openReceiver({ config: values.config, folder: values.to }, "Cannot hand over");
    try {
      const named = { name: basename(resolve(out)), by: `administrator/${userInfo().username}` };
      const { entry, files, groups } = await handOver(job, receiver, named);
      const text = [
        ...files.map(
          ({ name, bytes, sha256 }) => `${name.padEnd(18)}${String(bytes).padStart(12)}  ${sha256}`,
        ),
        `${groups} notice groups; entry ${entry.id} in ${receiver.dataFolder}`,
      ];
      process.stdout.write(
        values.json === true ? `${JSON.stringify({ entry, files })}\n` : `${text.join("\n")}\n`,
      );
    } finally {
      await receiver.close();
    }
  } finally {
    await job.close();
  }
  return 0;
}

const sealHelp = `sekisho scope seal OUT --key FILE

Encrypts a finished job: afterwards nothing of it lies in clear text in its folder. FILE holds the key, and is
made where there is none; keep it apart. Review and hand-over open the job with the same --key.
`;

/** Runs `sekisho scope seal`; gives the exit status. */
export async function scopeSealCommand(argv: string[]): Promise<number> {
  const options = { key: { type: "string" }, help: { type: "boolean", short: "h" } } as const;
  const { values, positionals } = readArguments(argv, options, "sekisho scope seal");
  const [out] = positionals;
  if (values.help === true || out === undefined) {
    process.stdout.write(sealHelp);
    return values.help === true ? 0 : 2;
  }
  if (values.key === undefined) {
    throw new SekishoError("usage", "Cannot seal without --key FILE", {
      hint: "try: sekisho scope seal --help",
    });
  }
  const { files } = await sealJob(out, values.key);
  process.stdout.write(`${files} files are sealed; the key is ${values.key}\n`);
  return 0;
}
