import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

type Module = { folder: string; entry: string; carrier: string };
type Builder = {
  modules: readonly Module[];
  compile(module: Module): Promise<Buffer>;
  print(module: Module, bytes: Buffer): string;
  carrierOf(module: Module): string;
};

const compiler = existsSync(join(import.meta.dirname, "..", "node_modules", "assemblyscript"));
const { modules, compile, print, carrierOf } = (await import(
  new URL("./buildWasm.mjs", import.meta.url).href
)) as Builder;

for (const module of modules) {
  test(
    `${module.carrier}.ts is what ${module.folder}/${module.entry}.as compiles to`,
    compiler ? {} : { skip: "assemblyscript is not installed" },
    async () => {
      assert.equal(readFileSync(carrierOf(module), "utf8"), print(module, await compile(module)));
    },
  );
}
