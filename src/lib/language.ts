import { SekishoError } from "./error.ts";

export type Language = "en" | "ja";

/** The language that was asked for, else that of the environment. */
export function languageOf(given: string | undefined): Language {
  if (given === "en" || given === "ja") return given;
  if (given !== undefined) {
    throw new SekishoError("usage", `Cannot print reasons in "${given}": en or ja is needed`, {
      hint: "try: --lang ja",
    });
  }
  const environment = process.env["LC_ALL"] ?? process.env["LC_MESSAGES"] ?? process.env["LANG"] ?? "";
  return environment.startsWith("ja") ? "ja" : "en";
}
