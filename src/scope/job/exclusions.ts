import { SekishoError } from "../../lib/error.ts";
import { quoteSql, type Duck } from "../../lib/openDuck.ts";
import { linkState } from "../match/decideLinks.ts";
import { ATTRIBUTES } from "./customerColumns.ts";

/** A product that was not touched, as a customer row says it: `service=高速バス`. */
export type Exclusion = { attribute: (typeof ATTRIBUTES)[number]; value: string };

/** Persons of whom only excluded rows were found: counted apart, and not to be told. */
export type Excluded = { persons: number; of: Exclusion[] };

/** Reads `service=NAME`. */
export function readExclusion(text: string): Exclusion {
  const at = text.indexOf("=");
  const attribute = ATTRIBUTES.find((one) => one === text.slice(0, at));
  if (attribute !== undefined && at > 0 && at < text.length - 1)
    return { attribute, value: text.slice(at + 1) };
  throw new SekishoError("usage", `Cannot exclude "${text}"`, {
    hint: `write --exclude service=NAME; one of: ${ATTRIBUTES.join(", ")}`,
  });
}

/**
 * Makes the table \`excluded\` from link, customer_of and attribute: persons all of whose linked rows are
 * excluded.
 */
export async function stageExcluded(duck: Duck, exclude: readonly Exclusion[]): Promise<void> {
  const rules = exclude.map(({ attribute, value }) => `coalesce(a.${attribute}, '') = ${quoteSql(value)}`);
  await duck.run(
    `CREATE OR REPLACE TABLE excluded AS
       SELECT c.person FROM (SELECT DISTINCT row FROM link WHERE state = ${linkState.certain}) l
         JOIN customer_of c USING (row) JOIN attribute a USING (row)
       GROUP BY c.person HAVING bool_and(${rules.length === 0 ? "false" : rules.join(" OR ")})`,
  );
}

/** Counts them, once they are staged. */
export async function countExcluded(duck: Duck, exclude: readonly Exclusion[]): Promise<Excluded> {
  const [row] = await duck.rows<{ persons: number }>("SELECT count(*) AS persons FROM excluded");
  return { persons: row?.persons ?? 0, of: [...exclude] };
}
