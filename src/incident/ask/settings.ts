import { z } from "zod";
import { Shift } from "./onCall.ts";

/** How people are asked, and who is asked when nobody answers. */
export const AskSettings = z.strictObject({
  about: z
    .array(z.string().regex(/^[a-z][a-z0-9-]{0,63}$/))
    .default(["cut", "bulk-read", "may-have-leaked", "tell-directors", "question", "deadline"])
    .describe("Matters of which people are told outside the console: codes of questions, and `deadline`."),
  rungs: z
    .array(
      z.strictObject({
        afterMinutes: z.number().min(0).max(10_080).describe("So long after the question was put."),
        to: z
          .enum(["on-call", "role", "everyone"])
          .describe("Who is on duty for the role, all of the role, or all who may answer anything."),
      }),
    )
    .max(10)
    .default([
      { afterMinutes: 0, to: "on-call" },
      { afterMinutes: 10, to: "role" },
      { afterMinutes: 30, to: "everyone" },
    ])
    .describe("Steps, while nobody has taken the matter on."),
  staleHours: z
    .number()
    .min(1)
    .max(720)
    .default(24)
    .describe("After so long nobody is asked about it any more; it stays in the console."),
  onCall: z.array(Shift).max(200).default([]).describe("Turns of duty; without one the whole role is asked."),
  mail: z
    .strictObject({
      host: z.string().min(1).describe("Server that takes the mails."),
      port: z.int().min(1).max(65_535).default(25).describe("Its port."),
      tls: z.enum(["off", "starttls", "implicit"]).default("starttls").describe("How it is encrypted."),
      from: z.string().min(3).max(320).describe("Sender address."),
      user: z.string().optional().describe("Account, where the server asks for one."),
      passwordFile: z.string().optional().describe("File that holds its password."),
    })
    .optional()
    .describe("Asks by mail."),
  webhooks: z
    .array(
      z.strictObject({
        url: z.url({ protocol: /^https?$/ }).describe("Where the message is posted."),
        form: z
          .enum(["slack", "teams", "line-works", "json"])
          .default("json")
          .describe("Form of the message."),
      }),
    )
    .max(10)
    .default([])
    .describe("Asks in a chat, or wakes a pager."),
});
export type AskSettings = z.infer<typeof AskSettings>;
