import { sql } from "kysely";
import type { Migration } from "../../lib/sql/migrate.ts";

/** What is read off the records gate's entries. All of it can be made anew from the ledger. */
export const records: Migration = {
  number: 5,
  name: "records",
  up: async (db) => {
    // A statement, a canary, a change of columns, a file, or a fault of the watch.
    await sql`create table records_event (
      id uuid primary key,
      seen_at timestamptz not null,
      kind text not null,
      person text not null,
      email text,
      client text not null,
      application text not null,
      database text not null,
      session text not null,
      relations text not null,
      verb text not null,
      purpose text,
      columns_count integer not null,
      reasons text not null,
      severity text not null,
      severity_rank integer not null,
      order_name text,
      act text,
      state text not null,
      dry boolean not null,
      why text,
      limit_value bigint,
      customers bigint,
      estimate bigint,
      customers_max bigint,
      deadline_minutes double precision,
      until_at timestamptz,
      evidence text not null,
      data text not null,
      entry uuid not null,
      last_entry uuid not null,
      decision_id uuid,
      about text not null
    )`.execute(db);
    await sql`create index records_event_seen_at on records_event (seen_at)`.execute(db);
    await sql`create index records_event_person on records_event (person, seen_at)`.execute(db);
    await sql`create index records_event_state on records_event (state)`.execute(db);
    await sql`create table reader_hour (
      person text not null,
      hour timestamptz not null,
      statements bigint not null,
      customers bigint not null,
      rows_count bigint not null,
      bytes bigint not null,
      in_hour bigint not null,
      in_day bigint not null,
      last_at timestamptz not null,
      primary key (person, hour)
    )`.execute(db);
    await sql`create table access_file (
      path text primary key,
      hour timestamptz not null,
      rows_count bigint not null,
      bytes bigint not null,
      sha256 text not null,
      entry uuid not null
    )`.execute(db);
  },
};
