import { userInfo } from "node:os";
import { basename, resolve } from "node:path";
import type { EntryId, EvidenceHash } from "../ledger/entry.ts";
import { readArguments } from "../lib/arguments.ts";
import { SekishoError } from "../lib/error.ts";
import {
  beginErasure,
  checkCertificate,
  eraseFiles,
  readCertificate,
  type Certificate,
} from "../scope/handOver/eraseJob.ts";
import type { Receiver } from "../scope/handOver/handOver.ts";
import { openReceiver } from "./openReceiver.ts";

const help = `sekisho scope erase OUT --reason TEXT [--certificate FILE] [--key FILE] [--to DIR]
sekisho scope erase --check CERTIFICATE [--to DIR | --config FILE]

Overwrites and removes all of a job: records, links, persons, what it worked with, keys last; and makes
unreadable what of it was handed over. Cannot be undone. A certificate says what was erased, by name, size
and SHA-256.

  --reason TEXT        why; it stands in the certificate
  --certificate FILE   where it goes (OUT.erased.json)
  --key FILE           the key of a sealed job: destroyed, too
  --config FILE        the station to which the job was handed over; it must not run
  --to DIR             or the folder to which it was
  --check CERTIFICATE  whether what it says is so: the files, the key and the objects are gone
`;

const options = {
  reason: { type: "string" },
  certificate: { type: "string" },
  key: { type: "string" },
  config: { type: "string" },
  to: { type: "string" },
  check: { type: "string" },
  help: { type: "boolean", short: "h" },
} as const;
type Where = { config?: string | undefined; folder?: string | undefined };

/** Runs `sekisho scope erase`; gives the exit status: 1 where a certificate does not hold. */
export async function scopeEraseCommand(argv: string[]): Promise<number> {
  const { values, positionals } = readArguments(argv, options, "sekisho scope erase");
  const [out] = positionals;
  const where = { config: values.config, folder: values.to };
  if (values.check !== undefined) return check(values.check, where);
  if (values.help === true || out === undefined) {
    process.stdout.write(help);
    return values.help === true ? 0 : 2;
  }
  const reason = values.reason?.trim() ?? "";
  if (reason === "") {
    throw new SekishoError("usage", "Cannot erase without --reason TEXT", {
      hint: "write why; it stands in the certificate, so name no person in it",
    });
  }
  const file = values.certificate ?? `${resolve(out)}.erased.json`;
  const by = userInfo().username;
  const certificate = beginErasure(out, { certificate: file, key: values.key ?? null, by, reason });
  const done = await erase(certificate, { file, where });
  const bytes = done.files.reduce((sum, one) => sum + one.bytes, 0);
  process.stdout.write(`${done.files.length} files (${bytes} bytes) are erased; certificate ${file}\n`);
  return 0;
}

async function erase(
  certificate: Certificate,
  { file, where }: { file: string; where: Where },
): Promise<Certificate> {
  const objects = certificate.handedOver.flatMap(({ evidence }) => evidence as EvidenceHash[]);
  if (objects.length === 0) return eraseFiles(certificate, file);
  // Opened before anything is erased: where the ledger cannot be written, all stays.
  const receiver = await openReceiver(where, "Cannot erase what was handed over");
  try {
    await requireObjects(receiver, objects);
    const about = { scope: basename(certificate.folder).slice(0, 256) };
    const rests = certificate.handedOver.map(({ entry }) => entry as EntryId);
    const data = { files: certificate.files.length, objects: objects.length };
    const ordered = await receiver.append({
      kind: "decided",
      code: "scope-erase-ordered",
      ...{ about, rests, data },
      evidence: objects,
    });
    for (const object of objects) await receiver.evidence.erase(object);
    const done = eraseFiles(certificate, file);
    await receiver.append({
      kind: "enforced",
      code: "scope-erased",
      about,
      rests: [ordered.id],
      data: { ...data, certificate: done.digest, doneAt: done.doneAt },
    });
    return done;
  } finally {
    await receiver.close();
  }
}

async function requireObjects(
  { evidence, dataFolder }: Receiver,
  objects: readonly EvidenceHash[],
): Promise<void> {
  for (const object of objects) {
    if (await evidence.has(object)) continue;
    throw new SekishoError("evidence-missing", `Cannot erase: what was handed over is not in ${dataFolder}`, {
      hint: "name the folder or the station to which the job was handed over, with --to or --config",
    });
  }
}

async function check(file: string, where: Where): Promise<number> {
  const certificate = readCertificate(file);
  const problems = checkCertificate(certificate);
  const objects = certificate.handedOver.flatMap(({ evidence }) => evidence as EvidenceHash[]);
  if (objects.length > 0) problems.push(...(await checkObjects(objects, where)));
  for (const problem of problems) process.stdout.write(`does not hold: ${problem}\n`);
  if (problems.length > 0) return 1;
  const { files, doneAt, by } = certificate;
  process.stdout.write(
    `holds: ${files.length} files erased by ${by} at ${doneAt}; digest ${certificate.digest}\n`,
  );
  return 0;
}

async function checkObjects(objects: readonly EvidenceHash[], where: Where): Promise<string[]> {
  const receiver = await openReceiver(where, "Cannot look at the evidence");
  try {
    const problems: string[] = [];
    for (const object of objects) {
      const state = await receiver.evidence.get(object).then(
        () => "can still be read",
        (error: unknown) =>
          error instanceof SekishoError && error.code === "evidence-erased" ? null : "is missing",
      );
      if (state !== null) problems.push(`evidence ${object.slice(0, 16)} ${state}`);
    }
    return problems;
  } finally {
    await receiver.close();
  }
}
