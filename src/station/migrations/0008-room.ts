import { sql } from "kysely";
import type { Migration } from "../../lib/sql/migrate.ts";

/** What people note in the incident room, who was asked on which way, and who took it on. */
export const room: Migration = {
  number: 8,
  name: "room",
  up: async (db) => {
    await sql`create table room_item (
      entry uuid primary key,
      incident uuid not null,
      kind text not null,
      said_by text not null,
      at timestamptz not null,
      data text not null,
      text_evidence text
    )`.execute(db);
    await sql`create index room_item_incident on room_item (incident, kind)`.execute(db);
    await sql`create table room_change (
      entry uuid primary key,
      incident uuid not null,
      item uuid not null,
      code text not null,
      said_by text not null,
      at timestamptz not null,
      data text not null,
      evidence text
    )`.execute(db);
    await sql`create index room_change_incident on room_change (incident)`.execute(db);
    await sql`alter table claim add column audience text not null default 'team'`.execute(db);
    await sql`alter table claim add column rests text not null default '[]'`.execute(db);
    // Matters that wait for a person: a decision, or a legal deadline.
    await sql`create table ask_told (
      entry uuid primary key,
      matter text not null,
      step integer not null,
      way text not null,
      reached text not null,
      told_at timestamptz not null
    )`.execute(db);
    await sql`create index ask_told_matter on ask_told (matter)`.execute(db);
    await sql`create table ask_taken (
      entry uuid primary key,
      matter text not null,
      person text not null,
      taken_at timestamptz not null,
      comment_evidence text
    )`.execute(db);
    await sql`create index ask_taken_matter on ask_taken (matter)`.execute(db);
    await sql`create table decision_dissent (
      entry uuid primary key,
      decision_id uuid not null,
      person text not null,
      at timestamptz not null,
      reason_evidence text
    )`.execute(db);
    await sql`create index decision_dissent_decision on decision_dissent (decision_id)`.execute(db);
  },
};
