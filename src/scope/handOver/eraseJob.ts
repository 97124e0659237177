import { createHash, hash } from "node:crypto";
import {
  closeSync,
  existsSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { basename, join, resolve } from "node:path";
import { z } from "zod";
import { printCanonicalJson, type Json } from "../../lib/canonicalJson.ts";
import { SekishoError } from "../../lib/error.ts";
import { listFiles } from "../review/sealJob.ts";
import { overwriteFile } from "../review/overwriteFile.ts";
import { readHandedOver, type HandedOver } from "./handOver.ts";

const File = z.strictObject({ name: z.string(), bytes: z.int(), sha256: z.string() });

/** What was erased, when and by whom: what may be shown to an authority. Holds no personal data. */
const Certificate = z.strictObject({
  what: z.literal("sekisho scope erasure"),
  version: z.literal(1),
  state: z.enum(["begun", "done"]),
  folder: z.string(),
  job: z.string().nullable(),
  files: z.array(File),
  /** The key of a sealed job: destroyed after all else, so that nothing that a medium kept can be opened. */
  key: z.strictObject({ file: z.string(), sha256: z.string() }).nullable(),
  /** Objects that were handed over, with the entries that name them. */
  handedOver: z.array(z.strictObject({ entry: z.string(), evidence: z.array(z.string()) })),
  begunAt: z.string(),
  doneAt: z.string().nullable(),
  by: z.string(),
  reason: z.string(),
  method: z.literal("overwritten once with random bytes, then removed; keys last"),
  /** SHA-256 of all the rest in canonical form (RFC 8785). */
  digest: z.string(),
});
export type Certificate = z.infer<typeof Certificate>;

const method = "overwritten once with random bytes, then removed; keys last" as const;

function sealed(content: Omit<Certificate, "digest">): Certificate {
  return { ...content, digest: hash("sha256", printCanonicalJson(content as unknown as Json)) };
}

function save(file: string, certificate: Certificate): void {
  writeFileSync(`${file}.part`, `${JSON.stringify(certificate, null, 2)}\n`, { mode: 0o600, flush: true });
  renameSync(`${file}.part`, file);
}

/** Reads a certificate. Throws input-unreadable. */
export function readCertificate(file: string): Certificate {
  try {
    return Certificate.parse(JSON.parse(readFileSync(file, "utf8")));
  } catch (cause) {
    throw new SekishoError("input-unreadable", `Cannot read the certificate ${file}`, {
      hint: "name a file that sekisho scope erase wrote",
      cause,
    });
  }
}

export type Erasing = {
  certificate: string;
  /** The key file of a sealed job. */
  key: string | null;
  by: string;
  reason: string;
};

/**
 * Writes down what will be erased, before anything is. Where an erasure was begun and stopped, its
 * certificate is gone on with.
 */
export function beginErasure(out: string, erasing: Erasing): Certificate {
  const folder = resolve(out);
  if (resolve(erasing.certificate).startsWith(`${folder}/`)) {
    throw new SekishoError("usage", "Cannot keep the certificate in the folder that is erased", {
      hint: "name another place with --certificate FILE",
    });
  }
  if (existsSync(erasing.certificate)) {
    const begun = readCertificate(erasing.certificate);
    if (begun.state === "begun" && begun.folder === folder) return begun;
    throw new SekishoError(
      "conflict",
      `Cannot write ${erasing.certificate}: it is the certificate of another erasure`,
      {
        hint: "name another file with --certificate",
      },
    );
  }
  const isJob = ["work/job.json", "sealed.json"].some((name) => existsSync(join(folder, name)));
  if (!isJob) {
    throw new SekishoError("not-found", `Cannot erase ${out}: there is no job of the scope in it`, {
      hint: "name the folder that was given to sekisho scope with --out",
    });
  }
  const files = listFiles(folder).map((name) => measure(folder, name));
  const { key } = erasing;
  const certificate = sealed({
    what: "sekisho scope erasure",
    version: 1,
    state: "begun",
    folder,
    job: jobOf(folder),
    files,
    key: key === null ? null : { file: resolve(key), sha256: measure("/", resolve(key)).sha256 },
    handedOver: readHandedOver(folder).map(({ entry, evidence }: HandedOver) => ({ entry, evidence })),
    begunAt: now(),
    doneAt: null,
    by: erasing.by,
    reason: erasing.reason,
    method,
  });
  save(erasing.certificate, certificate);
  return certificate;
}

const now = (): string => Temporal.Now.instant().toString({ smallestUnit: "second" });

function jobOf(folder: string): string | null {
  const file = join(folder, "work", "job.json");
  if (!existsSync(file)) return null;
  return String((JSON.parse(readFileSync(file, "utf8")) as { fingerprint?: string }).fingerprint ?? "").slice(
    0,
    16,
  );
}

function measure(folder: string, name: string): z.infer<typeof File> {
  const path = resolve(folder, name);
  const digest = createHash("sha256");
  const file = openSync(path, "r");
  try {
    const chunk = Buffer.alloc(1024 ** 2);
    for (let count = readSync(file, chunk); count > 0; count = readSync(file, chunk))
      digest.update(chunk.subarray(0, count));
  } finally {
    closeSync(file);
  }
  return { name, bytes: statSync(path).size, sha256: digest.digest("hex") };
}

/** Keys go last: what is left of the rest is then of no use. */
const keysLast = (name: string): number => (/(^|\/)key$|^sealed\.json$/.test(name) ? 1 : 0);

/** Erases what the certificate names, and what came to the folder since; finishes the certificate. */
export function eraseFiles(certificate: Certificate, file: string): Certificate {
  const { folder, key } = certificate;
  const named = new Set(certificate.files.map(({ name }) => name));
  const late = listFiles(folder)
    .filter((name) => !named.has(name))
    .map((name) => measure(folder, name));
  const files = [...certificate.files, ...late];
  for (const { name } of files.toSorted((one, other) => keysLast(one.name) - keysLast(other.name)))
    overwriteFile(join(folder, name));
  rmSync(folder, { recursive: true, force: true });
  if (key !== null) overwriteFile(key.file);
  const { digest: _, ...content } = certificate;
  const done = sealed({ ...content, files, state: "done", doneAt: now() });
  save(file, done);
  return done;
}

/** What is wrong with a certificate; nothing where all that it says is so on this machine. */
export function checkCertificate(certificate: Certificate): string[] {
  const { digest, ...content } = certificate;
  const problems: string[] = [];
  if (sealed(content).digest !== digest)
    problems.push("the certificate was altered: its digest does not fit");
  if (certificate.state !== "done") problems.push("the erasure was begun and not finished: run it again");
  for (const { name } of certificate.files) {
    if (existsSync(join(certificate.folder, name)))
      problems.push(`${name} is still in ${certificate.folder}`);
  }
  if (certificate.key !== null && existsSync(certificate.key.file))
    problems.push(`the key ${basename(certificate.key.file)} still exists`);
  return problems;
}
