import { sql } from "kysely";
import type { Migration } from "../../lib/sql/migrate.ts";

/** What is read off the incident room's entries. All of it can be made anew from the ledger. */
export const incidents: Migration = {
  number: 6,
  name: "incidents",
  up: async (db) => {
    await sql`create table incident (
      id uuid primary key,
      number integer not null,
      opened_at timestamptz not null,
      state text not null,
      merged_into uuid,
      title_evidence text,
      entry uuid not null
    )`.execute(db);
    // A finding that is on record: in an incident, or waiting by itself.
    await sql`create table incident_sign (
      entry uuid primary key,
      incident uuid,
      gate text not null,
      at timestamptz not null,
      severity text not null,
      techniques text not null,
      keys text not null,
      codes text not null,
      about text not null,
      apart text not null,
      why text,
      joined_entry uuid
    )`.execute(db);
    await sql`create index incident_sign_at on incident_sign (at)`.execute(db);
    await sql`create index incident_sign_incident on incident_sign (incident)`.execute(db);
    await sql`create table claim (
      entry uuid primary key,
      incident uuid not null,
      fact text not null,
      value text not null,
      bound boolean not null,
      said_by text not null,
      said_at timestamptz not null,
      replaces uuid,
      picked_at timestamptz,
      picked_entry uuid,
      source_evidence text
    )`.execute(db);
    await sql`create index claim_incident on claim (incident, fact)`.execute(db);
    await sql`create table legal_clock (
      entry uuid primary key,
      incident uuid not null,
      law text not null,
      duty text not null,
      claim uuid,
      answer text not null,
      deadline timestamptz,
      last_day text,
      counted text not null,
      told_at timestamptz not null,
      former boolean not null
    )`.execute(db);
    await sql`create index legal_clock_incident on legal_clock (incident, former)`.execute(db);
    await sql`create table duty_done (
      entry uuid primary key,
      incident uuid not null,
      law text not null,
      duty text not null,
      done_by text not null,
      done_at timestamptz not null,
      undone boolean not null
    )`.execute(db);
    await sql`create table deadline_told (
      entry uuid primary key,
      incident uuid not null,
      clock uuid not null,
      hours integer not null
    )`.execute(db);
    await sql`create index deadline_told_clock on deadline_told (clock)`.execute(db);
  },
};
