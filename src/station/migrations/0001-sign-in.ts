import { sql, type Kysely } from "kysely";
import type { Migration } from "../../lib/sql/migrate.ts";

/**
 * People and how they prove who they are. The columns in camel case are better-auth's own (1.7), which reads
 * and writes them by these names.
 */
export const signIn: Migration = {
  number: 1,
  name: "sign-in",
  up: async (db) => {
    await createPeople(db);
    await createFactors(db);
    await createLinks(db);
  },
};

async function createPeople(db: Kysely<any>): Promise<void> {
  await sql`create table person (
    id text primary key,
    name text not null,
    email text not null unique,
    "emailVerified" boolean not null,
    image text,
    "createdAt" timestamptz not null default now(),
    "updatedAt" timestamptz not null default now(),
    "twoFactorEnabled" boolean,
    roles text not null,
    "removedAt" timestamptz
  )`.execute(db);
  await sql`create table session (
    id text primary key,
    "expiresAt" timestamptz not null,
    token text not null unique,
    "createdAt" timestamptz not null default now(),
    "updatedAt" timestamptz not null,
    "ipAddress" text,
    "userAgent" text,
    "userId" text not null references person (id) on delete cascade,
    "confirmedAt" timestamptz
  )`.execute(db);
  await sql`create index session_person on session ("userId")`.execute(db);
  await sql`create table account (
    id text primary key,
    "accountId" text not null,
    "providerId" text not null,
    "userId" text not null references person (id) on delete cascade,
    "accessToken" text,
    "refreshToken" text,
    "idToken" text,
    "accessTokenExpiresAt" timestamptz,
    "refreshTokenExpiresAt" timestamptz,
    scope text,
    password text,
    "createdAt" timestamptz not null default now(),
    "updatedAt" timestamptz not null
  )`.execute(db);
  await sql`create index account_person on account ("userId")`.execute(db);
}

async function createFactors(db: Kysely<any>): Promise<void> {
  await sql`create table verification (
    id text primary key,
    identifier text not null,
    value text not null,
    "expiresAt" timestamptz not null,
    "createdAt" timestamptz not null default now(),
    "updatedAt" timestamptz not null default now()
  )`.execute(db);
  await sql`create index verification_identifier on verification (identifier)`.execute(db);
  await sql`create table "twoFactor" (
    id text primary key,
    secret text not null,
    "backupCodes" text not null,
    "userId" text not null references person (id) on delete cascade,
    verified boolean,
    "failedVerificationCount" integer,
    "lockedUntil" timestamptz
  )`.execute(db);
  await sql`create unique index two_factor_person on "twoFactor" ("userId")`.execute(db);
  await sql`create table passkey (
    id text primary key,
    name text,
    "publicKey" text not null,
    "userId" text not null references person (id) on delete cascade,
    "credentialID" text not null unique,
    counter integer not null,
    "deviceType" text not null,
    "backedUp" boolean not null,
    transports text,
    "createdAt" timestamptz,
    aaguid text
  )`.execute(db);
  await sql`create index passkey_person on passkey ("userId")`.execute(db);
}

/** Only the hash of a link's token is kept, so that a copy of the store opens nothing. */
async function createLinks(db: Kysely<any>): Promise<void> {
  await sql`create table one_time_link (
    id text primary key,
    token_hash text not null unique,
    kind text not null,
    email text,
    roles text not null,
    person text references person (id) on delete cascade,
    made_by text,
    made_at timestamptz not null,
    expires_at timestamptz not null,
    used_at timestamptz,
    withdrawn_at timestamptz
  )`.execute(db);
}
