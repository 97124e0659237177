// Compiles src/scope/read/triage.as (AssemblyScript) into src/scope/read/triageBytes.ts. Run it after a change:
//   node_modules/.bin/node tools/buildTriage.mjs
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const folder = join(dirname(dirname(fileURLToPath(import.meta.url))), "src", "scope", "read");

/** The module as bytes; the same source gives the same bytes. */
export async function compileTriage() {
  const { default: assemblyscript } = await import("assemblyscript/asc");
  const source = readFileSync(join(folder, "triage.as"), "utf8");
  let bytes = null;
  const messages = [];
  const { error } = await assemblyscript.main(
    // --importMemory and no run time: the caller lays out the memory, nothing is allocated here.
    [
      "triage.ts",
      "-o",
      "triage.wasm",
      "-O3",
      "--runtime",
      "stub",
      "--enable",
      "simd",
      "--importMemory",
      "--noAssert",
    ],
    {
      readFile: (name) => (name.endsWith("triage.ts") ? source : null),
      writeFile: (name, contents) => void (name.endsWith(".wasm") && (bytes = Buffer.from(contents))),
      listFiles: () => [],
      stdout: { write: () => true },
      stderr: { write: (text) => void messages.push(String(text)) },
    },
  );
  if (error !== null || bytes === null)
    throw new Error(`Cannot compile triage.as: ${messages.join("")}${error}`);
  return bytes;
}

/** The TypeScript file that holds the module: it travels with the compiled program without being copied. */
export function printTriage(bytes) {
  const lines = bytes.toString("base64").match(/.{1,100}/g) ?? [];
  return [
    "/** triage.as, compiled by tools/buildTriage.mjs: WebAssembly in base64. Not to be edited. */",
    "export const triageBytes =",
    ...lines.map((line, at) => `  "${line}"${at === lines.length - 1 ? ";" : " +"}`),
    "",
  ].join("\n");
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const bytes = await compileTriage();
  writeFileSync(join(folder, "triageBytes.ts"), printTriage(bytes));
  process.stdout.write(`${bytes.length} bytes of WebAssembly\n`);
}
