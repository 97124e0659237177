import { sql } from "kysely";
import type { Migration } from "../../lib/sql/migrate.ts";

/** Notices to affected persons. What is personal in these tables is encrypted or a keyed hash. */
export const notices: Migration = {
  number: 7,
  name: "notices",
  up: async (db) => {
    await sql`create table notice_campaign (
      id integer generated always as identity primary key,
      name text not null unique,
      created_at timestamptz not null,
      state text not null,
      wrapped_key text not null,
      list integer not null default 0,
      text_version text,
      release_entry uuid,
      done_at timestamptz
    )`.execute(db);
    await sql`create table notice_import (
      campaign integer not null,
      number integer not null,
      file_hash text not null,
      figures text not null,
      entry uuid not null,
      primary key (campaign, number)
    )`.execute(db);
    await sql`create table notice_group (
      campaign integer not null,
      number integer not null,
      profile text not null,
      language text not null,
      partner boolean not null,
      primary key (campaign, number)
    )`.execute(db);
    // The wide row, written once; what changes with each step stands in the narrow one below.
    await sql`create table notice_person (
      number bigint generated always as identity primary key,
      campaign integer not null,
      person text not null,
      digest bytea not null,
      sealed bytea not null,
      unique (campaign, person)
    )`.execute(db);
    await sql`create table notice_send (
      number bigint primary key,
      campaign integer not null,
      grp integer not null,
      lane smallint not null,
      state text not null,
      step smallint not null,
      attempts smallint not null default 0,
      next_at timestamptz not null,
      seed smallint not null default 0,
      run integer,
      at timestamptz,
      hash bytea,
      answer text,
      batch uuid
    ) with (fillfactor = 80)`.execute(db);
    await sql`create index notice_send_queued on notice_send (campaign, lane, next_at, number)
      where state = 'queued'`.execute(db);
    await sql`create index notice_send_later on notice_send (campaign, next_at)
      where state = 'queued'`.execute(db);
    await sql`create index notice_send_run on notice_send (run)
      where state in ('leased', 'handing')`.execute(db);
    await sql`create index notice_send_open on notice_send (campaign, state, number)
      where state in ('doubt', 'letter', 'substitute', 'withheld', 'waiting')`.execute(db);
    // Keyed hashes by which the hotline finds a person: the hash says nothing without the campaign's key.
    await sql`create table notice_key (
      hash bigint not null,
      number bigint not null,
      primary key (hash, number)
    )`.execute(db);
    await sql`create table notice_text (
      campaign integer not null,
      version text not null,
      body text not null,
      primary key (campaign, version)
    )`.execute(db);
    await sql`create table notice_release (
      campaign integer not null,
      text_version text not null,
      list integer not null,
      person text not null,
      authenticated boolean not null,
      at timestamptz not null,
      entry uuid not null,
      place bigint not null,
      primary key (campaign, text_version, list, person)
    )`.execute(db);
    await sql`create table notice_run (
      id integer generated always as identity primary key,
      campaign integer not null,
      host text not null,
      boot text not null,
      mark text not null,
      seen_at timestamptz not null,
      ended boolean not null
    )`.execute(db);
    await sql`create table notice_batch (
      entry uuid primary key,
      campaign integer not null,
      run integer not null,
      text_version text not null,
      release_entry uuid not null,
      place bigint
    )`.execute(db);
    // Every try that did not bring the notice, and a sent one that came back.
    await sql`create table notice_try (
      number bigint not null,
      campaign integer not null,
      step smallint not null,
      outcome text not null,
      status text not null,
      answer text not null,
      at timestamptz not null,
      hash bytea,
      batch uuid
    )`.execute(db);
    await sql`create index notice_try_number on notice_try (number)`.execute(db);
    await sql`create table notice_refusal (
      campaign integer not null,
      domain_key bigint not null,
      domain_sealed bytea not null,
      status text not null,
      count integer not null,
      primary key (campaign, domain_key, status)
    )`.execute(db);
    await sql`create table notice_bounce (
      campaign integer not null,
      hash text not null,
      number bigint,
      kind text not null,
      status text not null,
      way text not null,
      at timestamptz not null,
      evidence text not null,
      primary key (campaign, hash)
    )`.execute(db);
  },
};
