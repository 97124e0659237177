import type { FuncCall } from "libpg-query";
import {
  builtinAggregates,
  builtinFunctions,
  builtinWindows,
  manyColumnFunctions,
  volatileFunctions,
} from "./builtins.ts";
import { namesOf, plainTypeName } from "./names.ts";
import { flag, type Walk } from "./walk.ts";

/** What is known of a routine by its name. */

/** What PostgreSQL 16, 17 and 18 add to the functions of 15. */
const newerFunctions = `
  array_reverse array_sample array_shuffle array_sort casefold crc32 crc32c date_add date_subtract erf erfc
  gamma has_largeobject_privilege icu_unicode_version json_strip_nulls jsonb_path_exists_tz lgamma
  merge_action pg_basetype pg_column_toast_chunk_id pg_get_acl pg_get_partition_constraintdef
  pg_input_error_info pg_input_is_valid pg_available_wal_summaries pg_split_walfile_name
  pg_stat_get_backend_io pg_stat_get_io pg_stat_get_checkpointer_num_timed pg_get_sequence_data
  random_normal system_user to_bin to_oct to_regtypemod unicode_assigned unicode_version
  uuid_extract_timestamp uuid_extract_version uuidv4 uuidv7 xmltext pg_get_process_memory_contexts
  jsonb_build_array jsonb_populate_record_valid pg_settings_get_flags pg_get_wal_summarizer_state`;

const newerAggregates = `any_value json_agg_strict json_arrayagg json_object_agg_strict json_object_agg_unique
  json_object_agg_unique_strict jsonb_agg_strict jsonb_object_agg_strict jsonb_object_agg_unique
  jsonb_object_agg_unique_strict`;

/** Functions that read files, run SQL from text, or read what others sent: whatever their arguments. */
const forbiddenFunctions = `query_to_xml query_to_xml_and_xmlschema query_to_xmlschema table_to_xml
  table_to_xml_and_xmlschema table_to_xmlschema schema_to_xml schema_to_xml_and_xmlschema schema_to_xmlschema
  database_to_xml database_to_xml_and_xmlschema database_to_xmlschema cursor_to_xml cursor_to_xmlschema
  ts_stat pg_read_file pg_read_file_old pg_read_binary_file pg_stat_file loread lowrite
  pg_show_all_file_settings pg_hba_file_rules pg_ident_file_mappings pg_mcv_list_items
  pg_import_system_collations pg_extension_config_dump pg_available_wal_summaries pg_wal_summary_contents`;

const forbiddenPatterns = /^(dblink|lo_|pg_ls_|pg_logical_|pg_get_wal_|pg_file_|pg_restore_|pg_clear_)/;

/** Functions that show statements of other sessions, or of this one. */
const statementFunctions = `pg_stat_get_activity pg_stat_get_backend_activity pg_cursor pg_prepared_statement
  pg_prepared_xact`;

const setOf = (...lists: string[]): ReadonlySet<string> =>
  new Set(lists.flatMap((list) => list.trim().split(/\s+/)));

const functions = setOf(builtinFunctions, newerFunctions);
const aggregates = setOf(builtinAggregates, newerAggregates);
const windows = setOf(builtinWindows);
const changing = setOf(volatileFunctions);
const manyColumns = setOf(manyColumnFunctions, "pg_input_error_info pg_split_walfile_name pg_stat_get_io");
const forbidden = setOf(forbiddenFunctions);
const showsStatements = setOf(statementFunctions);

/** Volatile, and yet keeping nothing of what they are given. */
const harmless = setOf(
  "random random_normal pg_sleep pg_sleep_for pg_sleep_until pg_database_size pg_relation_size \
  pg_table_size pg_indexes_size pg_total_relation_size pg_tablespace_size gen_random_uuid uuidv7",
);

export type RoutineUse = {
  name: string;
  kind: "function" | "aggregate" | "window" | "unknown";
  /** Outside pg_catalog. */
  ofUser: boolean;
  keeps: boolean;
  showsStatements: boolean;
};

/** What a call may run. Notes routines that are not known or not allowed. */
export function routineOf(walk: Walk, call: Pick<FuncCall, "funcname" | "args">): RoutineUse {
  const names = namesOf(call.funcname);
  const name = names.at(-1) ?? "";
  const schema = names.length > 1 ? (names.at(-2) ?? null) : null;
  const kind = aggregates.has(name) ? "aggregate" : windows.has(name) ? "window" : "function";
  const builtin: RoutineUse = {
    name,
    kind,
    ofUser: false,
    keeps: changing.has(name) && !harmless.has(name),
    showsStatements: showsStatements.has(name),
  };
  if (isForbidden(name, call)) {
    flag(walk, "forbidden-routine", `${name}()`);
    return builtin;
  }
  const known = functions.has(name) || aggregates.has(name) || windows.has(name);
  if (schema === "pg_catalog") {
    if (!known) flag(walk, "unknown-routine", `${name}()`);
    return known ? builtin : { ...builtin, kind: "unknown" };
  }
  const ofUsers = (walk.index.usersRoutines.get(name) ?? []).filter(
    (routine) => schema === null || routine.schema === schema,
  );
  const trusted = ofUsers.every(
    ({ schema: home, language }) =>
      walk.known.has(`${home}.${name}`) || (known && (language === "c" || language === "internal")),
  );
  if (schema === null && known && trusted) return builtin;
  if (ofUsers.length > 0 && trusted) {
    const aggregate = ofUsers.some((routine) => routine.kind === "aggregate" || routine.kind === "window");
    return { ...builtin, kind: aggregate ? "unknown" : "function", ofUser: true };
  }
  flag(walk, "unknown-routine", `${names.join(".")}()`);
  return { ...builtin, kind: "unknown", ofUser: true };
}

function isForbidden(name: string, call: Pick<FuncCall, "args">): boolean {
  if (forbidden.has(name) || forbiddenPatterns.test(name)) return true;
  // ts_rewrite(query, text) runs the text; ts_rewrite(query, query, query) does not.
  return name === "ts_rewrite" && (call.args?.length ?? 0) < 3;
}

/** Whether a function in FROM gives exactly one column. */
export function givesOneColumn(name: string, call: FuncCall): boolean {
  const names = namesOf(call.funcname);
  if (names.length > 1 && names[0] !== "pg_catalog") return false;
  if (/^jsonb?_array_elements(_text)?$/.test(name)) return true;
  const [first, ...others] = call.args ?? [];
  if (name === "unnest" && others.length === 0 && first !== undefined && "TypeCast" in first) {
    const { typeName } = first.TypeCast;
    const bounds = typeName?.arrayBounds;
    if (typeName === undefined || bounds === undefined) return false;
    const { arrayBounds: _, ...element } = typeName;
    return plainTypes.has(plainTypeName(element));
  }
  return functions.has(name) && !manyColumns.has(name);
}

const plainTypes = setOf("int2 int4 int8 text varchar uuid numeric date timestamp timestamptz bool float8");
