import { z } from "zod";
import { PERSONAL_KINDS } from "../../personal/kinds.ts";
import { RecordsPolicy } from "./policy.ts";

const Name = z.string().min(1).max(128);
const QualifiedName = z
  .string()
  .regex(/^[^.\s]+\.[^.\s]+$/, { error: "write schema.table" })
  .max(200);

const TableSettings = z.strictObject({
  table: QualifiedName.describe("schema.table."),
  key: Name.optional().describe(
    "Column that carries the customer's key. Without it every row of the table counts as a customer.",
  ),
  personal: z
    .record(Name, z.enum(PERSONAL_KINDS))
    .default({})
    .describe("Columns with personal data, and what each holds."),
  notPersonal: z
    .array(Name)
    .default([])
    .describe("Columns that people looked at and found to hold nothing personal."),
});
export type TableSettings = z.infer<typeof TableSettings>;

const ServerSettings = z.strictObject({
  host: z.string().min(1).default("127.0.0.1").describe("PostgreSQL's address, or the folder of its socket."),
  port: z.int().min(1).max(65_535).default(5_432).describe("Its port."),
  tls: z
    .enum(["off", "require", "verify"])
    .default("off")
    .describe("TLS to PostgreSQL; verify: its certificate too. Off on the same host or inside a tunnel."),
  caFile: z.string().optional().describe("Certificates that sign PostgreSQL's, for verify."),
});

const AccountSettings = z.strictObject({
  user: z.string().min(1).max(63).describe("Account in PostgreSQL."),
  passwordFile: z.string().optional().describe("File with its password, readable by the gate only."),
});

export const RecordsSettings = z.strictObject({
  host: z.string().default("127.0.0.1").describe("Address to listen on."),
  port: z.int().min(0).max(65_535).default(7_432).describe("Port to listen on."),
  workers: z
    .int()
    .min(1)
    .max(64)
    .optional()
    .describe("Threads that pass bytes; else one per core, at most 8."),
  tls: z
    .strictObject({
      certFile: z.string().describe("Certificate (PEM) shown to clients."),
      keyFile: z.string().describe("Its key."),
      required: z.boolean().default(false).describe("Refuse clients without TLS."),
    })
    .optional()
    .describe("TLS to the clients."),
  server: ServerSettings.prefault({}).describe("The PostgreSQL server behind the gate."),
  signIn: z
    .enum(["gate", "server"])
    .default("server")
    .describe(
      "server: PostgreSQL asks for the password and the account is the person. gate: each person signs in " +
        "to the gate with SCRAM, and only the gate knows the account behind it.",
    ),
  personsFile: z
    .string()
    .default("persons")
    .describe("File of SCRAM verifiers, written by `sekisho records person`; relative to the data folder."),
  persons: z
    .array(
      z.strictObject({
        login: z.string().min(1).max(63).describe("Name under which the person or service signs in."),
        email: z.email().optional().describe("The same person in the roster."),
        group: Name.optional().describe("Group of the policy."),
        service: z
          .boolean()
          .default(false)
          .describe("An account of a program (BI tool, batch), not a person."),
        account: z.string().max(63).optional().describe("Account in PostgreSQL, for sign-in at the gate."),
      }),
    )
    .default([])
    .describe("Persons and services that read."),
  accounts: z
    .array(AccountSettings)
    .default([])
    .describe("Accounts that the gate holds, for sign-in at the gate; the first is the usual one."),
  watcher: AccountSettings.extend({ database: Name.describe("Database to look at.") })
    .optional()
    .describe("Account by which the gate reads the catalog, samples columns and asks for estimates."),
  databases: z
    .array(Name)
    .default([])
    .describe("Databases that hold personal data; empty is the watcher's. In others nothing is judged."),
  customers: z
    .strictObject({
      table: QualifiedName.describe("Table of the customers: one row a customer."),
      key: Name.describe("Its key."),
    })
    .optional()
    .describe("The customers."),
  tables: z
    .array(TableSettings)
    .default([])
    .describe("Tables with personal data: `sekisho records discover` proposes them, a person confirms."),
  knownRoutines: z
    .array(QualifiedName)
    .default([])
    .describe("Routines of yours whose body people have read: pure functions of their arguments."),
  driftMinutes: z
    .int()
    .min(1)
    .max(1_440)
    .default(15)
    .describe("How often the catalog is read again, for new and changed columns."),
  record: z
    .strictObject({
      retentionDays: z.int().min(1).max(36_500).default(1_095).describe("How long the record is kept."),
    })
    .prefault({})
    .describe("The record of who read whom."),
  watch: z
    .strictObject({
      folders: z.array(z.string().min(1)).min(1).describe("Folders whose new files are looked at."),
      copyBytesMax: z
        .int()
        .min(1)
        .default(2 * 1024 ** 3)
        .describe("Largest file that is copied whole into evidence; of a larger one head, middle and tail."),
      reportRecords: z
        .int()
        .min(1)
        .default(10)
        .describe("Personal records in a file from which it is a finding."),
    })
    .optional()
    .describe("Watch on files with personal data on this host."),
  policy: RecordsPolicy.prefault({}).describe("What is done about what is read."),
});
export type RecordsSettings = z.infer<typeof RecordsSettings>;
