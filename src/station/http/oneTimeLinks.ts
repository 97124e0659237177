import { createHash, randomBytes, randomUUID } from "node:crypto";
import { sql } from "kysely";
import type { StateDatabase } from "../../lib/sql/openState.ts";
import type { Role } from "../services.ts";
import { parseRoles, printRoles } from "./people.ts";
import { refusal } from "./problem.ts";

export const LINK_KINDS = ["first", "invite", "reset"] as const;
export type LinkKind = (typeof LINK_KINDS)[number];
export type OneTimeLink = {
  id: string;
  kind: LinkKind;
  email: string | null;
  roles: Role[];
  person: string | null;
  madeAt: string;
  expiresAt: string;
};

export const linkLimits = { hours: { first: 24, invite: 72, reset: 24 }, openMax: 200 } as const;

/** Links that let one person in, once. The store keeps only the hash of the token. */
export class OneTimeLinks {
  readonly #db: StateDatabase;

  constructor(db: StateDatabase) {
    this.#db = db;
  }

  /** Makes a link and returns its token, which is told once and never again. */
  async make(link: {
    kind: LinkKind;
    email: string | null;
    roles: Role[];
    person: string | null;
    madeBy: string | null;
  }): Promise<{ id: string; token: string; expiresAt: string }> {
    const id = randomUUID();
    const token = randomBytes(32).toString("base64url");
    const madeAt = new Date();
    const expiresAt = new Date(madeAt.getTime() + linkLimits.hours[link.kind] * 3_600_000);
    const { kind, email, roles, person, madeBy } = link;
    const row = { id, token_hash: hashOf(token), kind, email, roles: printRoles(roles), person };
    const times = { made_by: madeBy, made_at: madeAt, expires_at: expiresAt };
    await this.#db
      .insertInto("one_time_link")
      .values({ ...row, ...times })
      .execute();
    return { id, token, expiresAt: expiresAt.toISOString() };
  }

  /** What an unused link offers. The refusal is the same for unknown, used, withdrawn and too old. */
  async open(token: string): Promise<OneTimeLink> {
    const row = await this.#db
      .selectFrom("one_time_link")
      .selectAll()
      .where("token_hash", "=", hashOf(token))
      .where("used_at", "is", null)
      .where("withdrawn_at", "is", null)
      .where("expires_at", ">", sql<Date>`now()`)
      .executeTakeFirst();
    if (row === undefined) throw invalid();
    return linkOf(row);
  }

  /** Uses the link up, inside the transaction that lets the person in. Two uses at once: one wins. */
  async use(transaction: StateDatabase, token: string): Promise<OneTimeLink> {
    const used = await transaction
      .updateTable("one_time_link")
      .set({ used_at: new Date() })
      .where("token_hash", "=", hashOf(token))
      .where("used_at", "is", null)
      .where("withdrawn_at", "is", null)
      .where("expires_at", ">", sql<Date>`now()`)
      .returningAll()
      .executeTakeFirst();
    if (used === undefined) throw invalid();
    return linkOf(used);
  }

  /** Links that can still be used. */
  async list(): Promise<OneTimeLink[]> {
    const rows = await this.#db
      .selectFrom("one_time_link")
      .selectAll()
      .where("used_at", "is", null)
      .where("withdrawn_at", "is", null)
      .where("expires_at", ">", sql<Date>`now()`)
      .orderBy("made_at", "desc")
      .limit(linkLimits.openMax)
      .execute();
    return rows.map(linkOf);
  }

  async withdraw(where: { id: string } | { kind: LinkKind }): Promise<void> {
    const [column, value] = "id" in where ? (["id", where.id] as const) : (["kind", where.kind] as const);
    await this.#db
      .updateTable("one_time_link")
      .set({ withdrawn_at: new Date() })
      .where(column, "=", value)
      .where("used_at", "is", null)
      .execute();
  }
}

function invalid(): Error {
  return refusal(410, "link-invalid", "This link was used, withdrawn, or is too old");
}

/** The token has 256 random bits, so a plain hash is enough. */
function hashOf(token: string): string {
  return createHash("sha256").update(token).digest("hex");
}

function linkOf(row: any): OneTimeLink {
  return {
    id: row.id,
    kind: row.kind,
    email: row.email,
    roles: parseRoles(row.roles),
    person: row.person,
    madeAt: row.made_at.toISOString(),
    expiresAt: row.expires_at.toISOString(),
  };
}
