// Compiles the AssemblyScript of the scope into the TypeScript files that carry it. Run it after a change:
//   node_modules/.bin/node tools/buildWasm.mjs
import { readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const scope = join(dirname(dirname(fileURLToPath(import.meta.url))), "src", "scope");

/** Each module: its folder, the file that begins it, and the file that carries it. */
export const modules = [
  { folder: "read", entry: "triage", carrier: "triageBytes" },
  { folder: "understand", entry: "main", carrier: "mainBytes" },
  { folder: "signatures", entry: "unpack", carrier: "unpackBytes" },
];

/** A module as bytes; the same source gives the same bytes. */
export async function compile({ folder, entry }) {
  const { default: assemblyscript } = await import("assemblyscript/asc");
  let bytes = null;
  const messages = [];
  const read = (name) => {
    if (name.includes("~lib") || !/^[a-zA-Z]+\.ts$/.test(basename(name))) return null;
    try {
      return readFileSync(join(scope, folder, basename(name).replace(/\.ts$/, ".as")), "utf8");
    } catch {
      return null;
    }
  };
  const { error } = await assemblyscript.main(
    // --importMemory and no run time: the caller lays out the memory, nothing is allocated here.
    [
      `${entry}.ts`,
      "-o",
      `${entry}.wasm`,
      "-O3",
      "--runtime",
      "stub",
      "--enable",
      "simd",
      "--importMemory",
      "--noAssert",
    ],
    {
      readFile: read,
      writeFile: (name, contents) => void (name.endsWith(".wasm") && (bytes = Buffer.from(contents))),
      listFiles: () => [],
      stdout: { write: () => true },
      stderr: { write: (text) => void messages.push(String(text)) },
    },
  );
  if (error !== null || bytes === null)
    throw new Error(`Cannot compile ${folder}/${entry}.as: ${messages.join("")}${error}`);
  return bytes;
}

/** The TypeScript file that holds a module: it travels with the compiled program without being copied. */
export function print({ entry, carrier }, bytes) {
  const lines = bytes.toString("base64").match(/.{1,100}/g) ?? [];
  return [
    `/** ${entry}.as, compiled by tools/buildWasm.mjs: WebAssembly in base64. Not to be edited. */`,
    `export const ${carrier} =`,
    ...lines.map((line, at) => `  "${line}"${at === lines.length - 1 ? ";" : " +"}`),
    "",
  ].join("\n");
}

/** Where the file lies that carries a module. */
export const carrierOf = ({ folder, carrier }) => join(scope, folder, `${carrier}.ts`);

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  for (const module of modules) {
    const bytes = await compile(module);
    writeFileSync(carrierOf(module), print(module, bytes));
    process.stdout.write(`${module.folder}/${module.entry}.as: ${bytes.length} bytes of WebAssembly\n`);
  }
}
