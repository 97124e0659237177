import { sql } from "kysely";
import type { Migration } from "../../lib/sql/migrate.ts";

/**
 * The search index over the ledger, and what is read off its entries. All of it can be made anew from the
 * ledger.
 */
export const ledgerIndex: Migration = {
  number: 2,
  name: "ledger-index",
  up: async (db) => {
    await sql`create table ledger_entry (
      index bigint primary key,
      id uuid not null unique,
      kind text not null,
      code text not null,
      at timestamptz not null,
      by_whom text not null,
      entry text not null
    )`.execute(db);
    await sql`create index ledger_entry_code on ledger_entry (code, index)`.execute(db);
    await sql`create index ledger_entry_kind on ledger_entry (kind, index)`.execute(db);
    await sql`create index ledger_entry_at on ledger_entry (at)`.execute(db);
    await sql`create table ledger_about (
      key text not null, value text not null, index bigint not null,
      primary key (key, value, index)
    )`.execute(db);
    await sql`create index ledger_about_value on ledger_about (value text_pattern_ops)`.execute(db);
    await sql`create table ledger_rest (
      rests_on uuid not null, index bigint not null, primary key (rests_on, index)
    )`.execute(db);
    await sql`create table held_mail (
      mail uuid primary key,
      received_at timestamptz not null,
      state text not null,
      sender text not null,
      sender_domain text not null,
      recipients text not null,
      bytes bigint not null,
      attachments integer not null,
      reasons text not null,
      order_name text,
      second_person boolean not null,
      evidence text not null,
      held_entry uuid not null,
      decision_id uuid
    )`.execute(db);
    await sql`create index held_mail_state on held_mail (state, received_at)`.execute(db);
    await sql`create table gate_minute (
      gate text not null, minute timestamptz not null, act text not null, count integer not null,
      primary key (gate, minute, act)
    )`.execute(db);
  },
};
