import { sql } from "kysely";
import type { Migration } from "../../lib/sql/migrate.ts";

/** What is read off the outbound gate's entries. All of it can be made anew from the ledger. */
export const outbound: Migration = {
  number: 4,
  name: "outbound",
  up: async (db) => {
    await sql`create table finding (
      id uuid primary key,
      found_at timestamptz not null,
      found_by text not null,
      severity text not null,
      severity_rank integer not null,
      reasons text not null,
      host text not null,
      host_address text not null,
      destination text not null,
      grouping_key text not null,
      order_name text,
      act text,
      cut_id uuid,
      hidden_by text,
      evidence text,
      entry uuid not null
    )`.execute(db);
    await sql`create index finding_found_at on finding (found_at)`.execute(db);
    await sql`create index finding_host on finding (host_address, found_at)`.execute(db);
    await sql`create table cut_order (
      id uuid primary key,
      act text not null,
      target text not null,
      state text not null,
      ordered_at timestamptz not null,
      until_at timestamptz not null,
      in_place_ms double precision,
      last_packet_ms double precision,
      passed_since bigint,
      stopped bigint,
      proved_at timestamptz,
      ended_at timestamptz,
      ended_by text,
      warnings text not null,
      problem text,
      order_name text,
      finding_id uuid,
      decision_id uuid,
      asked_entry uuid not null
    )`.execute(db);
    await sql`create index cut_order_state on cut_order (state, until_at)`.execute(db);
    await sql`create table deciders_asked (
      finding_id uuid primary key,
      entry uuid not null,
      about text not null,
      asked_at timestamptz not null
    )`.execute(db);
    await sql`create table record_file (
      path text primary key,
      hour timestamptz not null,
      rows bigint not null,
      bytes bigint not null,
      sha256 text not null,
      entry uuid not null
    )`.execute(db);
  },
};
