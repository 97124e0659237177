import { randomUUID } from "node:crypto";
import { z } from "zod";
import { SekishoError } from "../../lib/error.ts";
import type { StateDatabase } from "../../lib/sql/openState.ts";
import { ROLES, type Person, type Role } from "../services.ts";

export const Roles = z.array(z.enum(ROLES)).min(1).max(ROLES.length);

/** A person as the page *People and roles* shows her. */
export type PersonRow = Person & {
  joinedAt: string;
  secondFactor: boolean;
  passkeys: number;
  lastSeenAt: string | null;
};

/** How roles stand in the store: words with commas between. */
export function printRoles(roles: readonly Role[]): string {
  return ROLES.filter((role) => roles.includes(role)).join(",");
}

/** Reads `printRoles` back; an unknown word is left out, so that an older station gives less, never more. */
export function parseRoles(text: string): Role[] {
  const words = text.split(",");
  return ROLES.filter((role) => words.includes(role));
}

/** The people of the station. */
export class People {
  readonly #db: StateDatabase;

  constructor(db: StateDatabase) {
    this.#db = db;
  }

  async list(): Promise<PersonRow[]> {
    const rows = await this.#db
      .selectFrom("person")
      .leftJoin("passkey", "passkey.userId", "person.id")
      .leftJoin("session", "session.userId", "person.id")
      .select(["person.id", "person.name", "person.email", "roles", "person.createdAt", "twoFactorEnabled"])
      .select((expression: any) => [
        expression.fn.count("passkey.id").distinct().as("passkeys"),
        expression.fn.max("session.updatedAt").as("lastSeenAt"),
      ])
      .where("person.removedAt", "is", null)
      .groupBy("person.id")
      .orderBy("person.createdAt")
      .execute();
    return rows.map((row: any) => ({
      ...personOf(row),
      joinedAt: row.createdAt.toISOString(),
      secondFactor: row.twoFactorEnabled === true,
      passkeys: Number(row.passkeys),
      lastSeenAt: row.lastSeenAt?.toISOString() ?? null,
    }));
  }

  /** Those who can be asked for something that belongs to this role. */
  async byRole(role: Role): Promise<Person[]> {
    const rows = await this.#db.selectFrom("person").selectAll().where("removedAt", "is", null).execute();
    return rows.map(personOf).filter((person) => person.roles.includes(role));
  }

  async get(id: string): Promise<Person> {
    const row = await this.#db
      .selectFrom("person")
      .selectAll()
      .where("id", "=", id)
      .where("removedAt", "is", null)
      .executeTakeFirst();
    if (row === undefined) {
      throw new SekishoError("not-found", `Cannot find person ${id}`, { hint: "reload the list of people" });
    }
    return personOf(row);
  }

  /** Throws where the change would leave the station without an administrator. */
  async requireOtherAdministrator(id: string): Promise<void> {
    const administrators = await this.byRole("administrator");
    if (administrators.some((administrator) => administrator.id !== id)) return;
    throw new SekishoError("conflict", "Cannot take away the last administrator", {
      hint: "make another person administrator first",
    });
  }

  async setRoles(id: string, roles: Role[]): Promise<void> {
    await this.#db
      .updateTable("person")
      .set({ roles: printRoles(roles) })
      .where("id", "=", id)
      .execute();
  }

  /** Keeps the id, which the ledger names, and takes away all by which the person could come back. */
  async remove(id: string): Promise<void> {
    await this.#db.transaction().execute(async (transaction) => {
      for (const table of ["session", "account", "twoFactor", "passkey"]) {
        await transaction.deleteFrom(table).where("userId", "=", id).execute();
      }
      const email = `${id}@removed.invalid`;
      const gone = { removedAt: new Date(), email, roles: "", twoFactorEnabled: false };
      await transaction.updateTable("person").set(gone).where("id", "=", id).execute();
    });
  }

  /** Adds a person with a password, in the transaction in which her link is used up. */
  async add(
    transaction: StateDatabase,
    person: { name: string; email: string; roles: Role[]; passwordHash: string },
  ): Promise<Person> {
    const id = randomUUID();
    const now = new Date();
    const { name, email, roles } = person;
    const row = { id, name, email, emailVerified: true, roles: printRoles(roles) };
    await transaction
      .insertInto("person")
      .values({ ...row, createdAt: now, updatedAt: now })
      .execute();
    await addPassword(transaction, id, person.passwordHash);
    return { id, name, email, roles };
  }

  /** Takes away every factor and session and gives a new password: for a lost telephone. */
  async reset(transaction: StateDatabase, id: string, passwordHash: string): Promise<void> {
    for (const table of ["session", "account", "twoFactor", "passkey"]) {
      await transaction.deleteFrom(table).where("userId", "=", id).execute();
    }
    await transaction.updateTable("person").set({ twoFactorEnabled: false }).where("id", "=", id).execute();
    await addPassword(transaction, id, passwordHash);
  }
}

async function addPassword(transaction: StateDatabase, id: string, password: string): Promise<void> {
  const updatedAt = new Date();
  await transaction
    .insertInto("account")
    .values({ id: randomUUID(), accountId: id, providerId: "credential", userId: id, password, updatedAt })
    .execute();
}

function personOf(row: any): Person {
  return { id: row.id, name: row.name, email: row.email, roles: parseRoles(row.roles) };
}
