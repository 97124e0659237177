import { zValidator } from "@hono/zod-validator";
import type { ValidationTargets } from "hono";
import type { ZodType } from "zod";
import { refusal } from "./problem.ts";

/** Parses a part of the request by its schema; the refusal names the field and the need. */
export function readInput<T extends ZodType, Target extends keyof ValidationTargets>(
  target: Target,
  schema: T,
) {
  return zValidator(target, schema, (result) => {
    if (result.success) return;
    const issue = result.error.issues[0];
    const where = issue?.path.join(".") ?? "";
    throw refusal(400, "input-invalid", `Cannot read ${where || target}: ${issue?.message ?? "invalid"}`);
  });
}
