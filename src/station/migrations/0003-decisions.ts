import { sql } from "kysely";
import type { Migration } from "../../lib/sql/migrate.ts";

/** Questions to people, their answers, and the orders to gates that follow. */
export const decisions: Migration = {
  number: 3,
  name: "decisions",
  up: async (db) => {
    await sql`create table decision (
      id uuid primary key,
      code text not null,
      state text not null,
      subject text not null unique,
      about text not null,
      question text not null,
      options text not null,
      owner_role text not null,
      owner_person text,
      second_person boolean not null,
      asked_at timestamptz not null,
      deadline timestamptz not null,
      default_option text not null,
      outcome text,
      entries text not null
    )`.execute(db);
    await sql`create index decision_state on decision (state, deadline)`.execute(db);
    await sql`create table decision_answer (
      decision_id uuid not null references decision (id) on delete cascade,
      number integer not null,
      person text not null,
      person_name text not null,
      option text not null,
      reason text not null,
      at timestamptz not null,
      primary key (decision_id, number)
    )`.execute(db);
    await sql`create table gate_order (
      id text primary key,
      gate text not null,
      decision_id uuid not null,
      body text not null,
      state text not null,
      attempts integer not null default 0,
      next_at timestamptz not null,
      result text
    )`.execute(db);
    await sql`create index gate_order_state on gate_order (state, next_at)`.execute(db);
  },
};
