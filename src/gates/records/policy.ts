import { z } from "zod";

const Count = z.int().min(0).max(100_000_000);
const Act = z.enum(["refuse", "ask", "allow"]);

export const Budget = z.strictObject({
  statement: Count.optional().describe("Distinct customers that one statement may give out."),
  hour: Count.optional().describe("Distinct customers within any 60 minutes."),
  day: Count.optional().describe("Distinct customers within any 24 hours."),
  kilobytesPerHour: z
    .int()
    .min(1)
    .max(100_000_000)
    .optional()
    .describe("Kilobytes of personal columns within any 60 minutes: the limit on what one row may carry."),
});
export type Budget = z.infer<typeof Budget>;

const Group = z.strictObject({
  name: z.string().min(1).max(64).describe("Name of the group, such as operators."),
  budget: Budget.prefault({}).describe("How many customers each person of it may read. Empty: any number."),
  purposes: z
    .array(
      z.strictObject({
        name: z.string().min(1).max(64).describe("Name, as in SET sekisho.purpose = 'refund'."),
        budget: Budget.describe("The budget that holds while this purpose is set."),
      }),
    )
    .default([])
    .describe("Purposes with a budget of their own. Another purpose is only noted."),
  overBudget: z
    .enum(["cut", "ask"])
    .default("cut")
    .describe(
      "cut: the reading ends exactly at the budget. ask: a statement that PostgreSQL estimates above it is " +
        "held until a second person approves; what was estimated too low is cut all the same.",
    ),
  bulk: Act.default("refuse").describe(
    "What cannot be counted: aggregates over personal columns, copies of them, files on the server.",
  ),
  unknown: Act.default("refuse").describe("What cannot be read, resolved or foreseen."),
  define: Act.default("refuse").describe("CREATE, ALTER, DROP, GRANT and other definitions."),
  keyless: z
    .enum(["count", "refuse"])
    .default("count")
    .describe("Rows with personal columns and no customer key: each counts as a customer, or is refused."),
  conditionsPerHour: Count.default(600).describe(
    "Statements an hour that ask about personal columns without showing them. More is blind extraction.",
  ),
  onBlindExtraction: z.enum(["tell", "refuse"]).default("refuse").describe("What is done about it."),
  onCanary: z
    .enum(["tell", "cut"])
    .default("tell")
    .describe("When a canary is read: tell people, or also end the statement before it leaves."),
  statements: z
    .array(z.string().min(1).max(65_536))
    .default([])
    .describe("For a service account: its written statements. Literals in them stand for any literal."),
  otherStatements: z
    .enum(["tell", "refuse"])
    .default("tell")
    .describe("What happens to any other statement where some are written down."),
  breakGlassMinutes: z
    .int()
    .min(0)
    .max(480)
    .default(0)
    .describe("How long SET sekisho.break_glass = 'reason' opens everything, loudly. 0: never."),
});
export type Group = z.infer<typeof Group>;

export const RecordsPolicy = z.strictObject({
  shadow: z.boolean().default(false).describe("Judge, count and record, and stop nothing: the way to start."),
  groups: z.array(Group).default([]).describe("Groups of persons and service accounts."),
  defaultGroup: z
    .string()
    .optional()
    .describe("Group of whoever is in none. Without it they see no personal data."),
  approval: z
    .strictObject({
      ownerRole: z
        .enum(["approver", "privacy-officer", "administrator"])
        .default("approver")
        .describe("Role that approves."),
      deadlineMinutes: z.number().min(0.05).max(1_440).default(10).describe("When silence is a refusal."),
      style: z
        .enum(["hold", "retry"])
        .default("hold")
        .describe(
          "hold: the client waits with a NOTICE. retry: it gets a request number at once and runs the same " +
            "statement again once it is approved.",
        ),
      customersMax: Count.default(1_000_000).describe("Most customers that one approval can give."),
      minutes: z.int().min(1).max(480).default(30).describe("How long an approval holds."),
    })
    .prefault({})
    .describe("Approval by a second person, with a passkey, on another device."),
  sideBytesPerHour: z
    .int()
    .min(0)
    .default(65_536)
    .describe("Bytes of errors, notices and notifications an hour to a person who may see personal data."),
  sideBytesPerMessage: z
    .int()
    .min(32)
    .default(200)
    .describe("Bytes of each text in such a message; the rest is cut off."),
});
export type RecordsPolicy = z.infer<typeof RecordsPolicy>;
