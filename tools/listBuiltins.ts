import { writeFileSync } from "node:fs";
import pg from "pg";
import { startTestPostgres } from "../src/lib/sql/testStores.ts";

/**
 * Writes src/gates/records/judge/builtins.ts from a PostgreSQL 15 that is installed here:
 * `node tools/listBuiltins.ts`. What newer versions add stands in judge/routines.ts by hand.
 */
const questions = {
  /** Plain functions of pg_catalog that SQL can call: those of types, indexes and triggers are left out. */
  builtinFunctions: `prokind = 'f' and prorettype not in ('internal'::regtype, 'trigger'::regtype,
    'event_trigger'::regtype, 'cstring'::regtype, 'index_am_handler'::regtype, 'table_am_handler'::regtype,
    'tsm_handler'::regtype, 'fdw_handler'::regtype, 'language_handler'::regtype)
    and not 'internal'::regtype = any (proargtypes) and not 'cstring'::regtype = any (proargtypes)
    and proname !~ '^(binary_upgrade_|.*(_support|_sortsupport|sel|joinsel|_ops|typanalyze|_send)$)'`,
  builtinAggregates: "prokind = 'a'",
  builtinWindows: "prokind = 'w'",
  /** Functions that may change something, and so may keep what they are given. */
  volatileFunctions: `prokind = 'f' and provolatile = 'v' and pronargs > 0
    and not 'internal'::regtype = any (proargtypes) and proname !~ '^binary_upgrade_'`,
  /** Functions that may give more than one column in FROM. */
  manyColumnFunctions: `prokind = 'f' and not 'internal'::regtype = any (proargtypes)
    and not 'cstring'::regtype = any (proargtypes)
    and (prorettype in (select oid from pg_type where typtype in ('c', 'p')
      and typname not in ('void', 'cstring', 'trigger', 'internal') and typname !~ 'handler')
      or 'o' = any (proargmodes) or 't' = any (proargmodes))`,
};

const width = 106;

function linesOf(names: readonly string[]): string {
  const lines: string[] = [];
  let line = "";
  for (const name of names) {
    if (line.length + name.length + 1 > width) {
      lines.push(line);
      line = "";
    }
    line = line === "" ? name : `${line} ${name}`;
  }
  return [...lines, line].join("\n");
}

const postgres = startTestPostgres();
try {
  const client = new pg.Client({ connectionString: await postgres.newDatabase() });
  await client.connect();
  const parts: string[] = [
    "/** Printed by tools/listBuiltins.ts; do not edit. Names of routines in pg_catalog. */\n",
  ];
  for (const [name, condition] of Object.entries(questions)) {
    const found = await client.query<{ proname: string }>(
      `select distinct proname from pg_proc
       where pronamespace = 'pg_catalog'::regnamespace and ${condition} order by proname`,
    );
    parts.push(`export const ${name} = \`\n${linesOf(found.rows.map((row) => row.proname))}\`;\n`);
  }
  await client.end();
  writeFileSync("src/gates/records/judge/builtins.ts", parts.join("\n"));
} finally {
  postgres.stop();
}
