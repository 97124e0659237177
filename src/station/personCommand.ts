import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { personsFileOf, readPersons, writePersons } from "../gates/records/persons.ts";
import { makeVerifier } from "../gates/records/wire/scram.ts";
import { readArguments } from "../lib/arguments.ts";
import { SekishoError } from "../lib/error.ts";
import { openRecordsPlace } from "./recordsPlace.ts";

const help = `sekisho records person add LOGIN [--password-file FILE]
sekisho records person remove LOGIN
sekisho records person list

Who may sign in at the gate (signIn: gate). On a terminal add asks for the password twice; without one it
makes a password and prints it once. Only a verifier is kept (SCRAM-SHA-256). A running gate takes changes
up by itself; sessions that are open go on.

  --config FILE  default: sekisho.yaml
`;

const options = {
  config: { type: "string" },
  "password-file": { type: "string" },
  help: { type: "boolean", short: "h" },
} as const;

/** A password of fewer characters is guessed from what a thief may take: the verifiers. */
const passwordCharactersMin = 12;

/** Runs `sekisho records person`; gives the exit status. */
export async function personCommand(argv: string[]): Promise<number> {
  const { values, positionals } = readArguments(argv, options, "sekisho records person");
  const [verb, login, ...more] = positionals;
  if (values.help === true || verb === undefined) {
    process.stdout.write(help);
    return values.help === true ? 0 : 2;
  }
  const known = ["add", "remove"].includes(verb)
    ? login !== undefined
    : verb === "list" && login === undefined;
  if (!known || more.length > 0) {
    throw new SekishoError("usage", `Cannot run "person ${positionals.join(" ")}"`, {
      hint: "try: sekisho records person --help",
    });
  }
  const { settings, dataFolder } = await openRecordsPlace(values.config, "Cannot change who may sign in");
  const path = personsFileOf(settings, dataFolder);
  const persons = readPersons(path);
  if (verb === "list") {
    for (const name of Object.keys(persons).sort()) process.stdout.write(`${name}\n`);
    return 0;
  }
  const name = login as string;
  if (verb === "add") return add(path, { persons, name, passwordFile: values["password-file"] });
  if (!Object.hasOwn(persons, name)) {
    throw new SekishoError("not-found", `Cannot remove ${name}: nobody of that name may sign in`, {
      hint: "run: sekisho records person list",
    });
  }
  delete persons[name];
  writePersons(path, persons);
  process.stdout.write(`${name} may not sign in any more; sessions that are open go on\n`);
  return 0;
}

async function add(
  path: string,
  {
    persons,
    name,
    passwordFile,
  }: {
    persons: Record<string, string>;
    name: string;
    passwordFile: string | undefined;
  },
): Promise<number> {
  // PostgreSQL's names have at most 63 bytes; ours stand in a line with blanks.
  if (!/^[^\s#]+$/.test(name) || Buffer.byteLength(name) > 63) {
    throw new SekishoError("usage", `Cannot add "${name}": not a name to sign in with`, {
      hint: "use at most 63 bytes, without blanks",
    });
  }
  const { password, made } = await passwordFor(name, passwordFile);
  if (password.length < passwordCharactersMin) {
    throw new SekishoError("usage", `Cannot take a password of ${password.length} characters`, {
      hint: `at least ${passwordCharactersMin} are needed`,
    });
  }
  const before = Object.hasOwn(persons, name);
  writePersons(path, { ...persons, [name]: await makeVerifier(password) });
  if (made) process.stdout.write(`password of ${name} (shown once): ${password}\n`);
  process.stdout.write(before ? `${name} has a new password\n` : `${name} may sign in\n`);
  return 0;
}

async function passwordFor(
  name: string,
  file: string | undefined,
): Promise<{ password: string; made: boolean }> {
  if (file !== undefined) {
    try {
      return { password: (await readFile(file, "utf8")).replace(/\r?\n$/, ""), made: false };
    } catch (cause) {
      throw new SekishoError("input-unreadable", `Cannot read the password file ${file}`, {
        hint: "see that it exists and that this user may read it",
        cause,
      });
    }
  }
  if (!process.stdin.isTTY) return { password: randomBytes(18).toString("base64url"), made: true };
  const password = await askUnseen(`password of ${name}: `);
  if (password === (await askUnseen("once more: "))) return { password, made: false };
  throw new SekishoError("usage", "Cannot take the password: the two differ", { hint: "type it again" });
}

/** Asks on the terminal, and shows nothing of the answer. */
function askUnseen(question: string): Promise<string> {
  const { stdin } = process;
  process.stderr.write(question);
  stdin.setRawMode(true);
  stdin.setEncoding("utf8");
  stdin.resume();
  return new Promise((resolve, reject) => {
    let typed = "";
    const end = (act: () => void): void => {
      stdin.off("data", hear);
      stdin.setRawMode(false);
      stdin.pause();
      process.stderr.write("\n");
      act();
    };
    const hear = (text: string): void => {
      for (const character of text) {
        if (character === "\r" || character === "\n") return end(() => resolve(typed));
        if (character === "\u0003" || character === "\u0004")
          return end(() =>
            reject(
              new SekishoError("usage", "Cannot go on without a password", {
                hint: "type one, or name a --password-file",
              }),
            ),
          );
        typed =
          character === "\u007f" || character === "\b" ? [...typed].slice(0, -1).join("") : typed + character;
      }
    };
    stdin.on("data", hear);
  });
}
