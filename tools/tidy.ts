import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { pathToFileURL } from "node:url";

/** The style guide as a test: what a machine can see is here, not in review. */
export const limits = { lineCharactersMax: 110, functionLinesMax: 70, fileLinesMax: 500 } as const;

/** What must not stand in a file, and what to write instead. */
export const bans: readonly { inFiles: RegExp; notIn?: RegExp; text: RegExp; use: string }[] = [
  {
    inFiles: /\/judge(\/[^/]+|)\.ts$|\/judge\//,
    text: /Date\.now\(|Temporal\.Now|new Date\(\)/,
    use: "the time in what was seen",
  },
  {
    inFiles: /\/judge(\/[^/]+|)\.ts$|\/judge\//,
    notIn: /\.test\.ts$/,
    text: /from "node:/,
    use: "observe.ts or enforce.ts",
  },
  {
    inFiles: /\/judge(\/[^/]+|)\.ts$|\/judge\//,
    notIn: /\.test\.ts$/,
    text: /Math\.random\(/,
    use: "a seed in what was seen",
  },
  { inFiles: /\.tsx?$/, text: /^\s*(export )?(const )?enum /, use: "an `as const` array and its type" },
  { inFiles: /\.tsx?$/, text: /^\s*(export )?(declare )?namespace /, use: "a module" },
  { inFiles: /\.tsx?$/, notIn: /vite\.config\.ts$/, text: /^export default /, use: "a named export" },
  {
    inFiles: /\.tsx?$/,
    text: /constructor\(([^)]*, *)?(private|public|protected|readonly) +\w+[:?]/,
    use: "a field of its own",
  },
  { inFiles: /\.tsx?$/, text: /\b(private|protected) (?!constructor)\w+[(:=]/, use: "#private" },
  { inFiles: /\.tsx?$/, text: /@ts-(ignore|nocheck)|eslint-disable/, use: "a type that fits" },
  {
    inFiles: /\.tsx?$/,
    text: /from "(?!.*migrations\/)[^"]*\/index\.(js|tsx?)"/,
    notIn: /migrations|\.test\.ts$|console\/client|http\//,
    use: "the file itself",
  },
  { inFiles: /\.tsx?$/, text: /from "\.[^"]*(?<!\.tsx?|\.css|\.json)"/, use: "the file's name with .ts" },
  {
    inFiles: /src\/.*\.tsx?$/,
    notIn: /\.test\.ts$|tools\//,
    text: /\bconsole\.(log|error|warn|debug)\(/,
    use: "the log, or process.stdout",
  },
  { inFiles: /src\/.*\.tsx?$/, text: /\b(TODO|FIXME|XXX)\b/, use: "a line in the closing note" },
  { inFiles: /src\/console\/client\//, text: /dangerouslySetInnerHTML|innerHTML\s*=/, use: "text" },
  { inFiles: /./, text: /\bregistry\.[a-z0-9-]+\.[a-z]{2,}/, use: "nothing: no registry host in the repo" },
];

/** Which rooms a room may import from, besides itself. The longest matching prefix is the room. */
export const rooms: Readonly<Record<string, readonly string[]>> = {
  "src/lib/": [],
  "src/ledger/": ["src/lib/"],
  "src/gate": ["src/ledger/", "src/lib/"],
  "src/gates/mail/": ["src/gate", "src/ledger/", "src/lib/"],
  "src/gates/outbound/": ["src/gate", "src/ledger/", "src/lib/"],
  "src/gates/records/": ["src/gate", "src/ledger/", "src/personal/", "src/lib/"],
  "src/personal/": ["src/gate", "src/lib/"],
  "src/scope/": ["src/incident/", "src/ledger/", "src/personal/", "src/lib/"],
  "src/law/": ["src/lib/"],
  "src/incident/": ["src/gate", "src/law/", "src/ledger/", "src/lib/"],
  "src/notice/": ["src/gate.ts", "src/incident/", "src/law/", "src/ledger/", "src/personal/", "src/lib/"],
  "src/report/": [
    "src/gate.ts",
    "src/incident/",
    "src/law/",
    "src/ledger/",
    "src/personal/",
    "src/lib/",
  ],
  "src/config.ts": ["src/gates/", "src/incident/", "src/notice/", "src/lib/"],
  "src/station/": [
    "src/config.ts",
    "src/gate",
    "src/gates/",
    "src/incident/",
    "src/law/",
    "src/notice/",
    "src/report/",
    "src/scope/",
    "src/ledger/",
    "src/personal/",
    "src/lib/",
  ],
  "src/console/client/": [
    "src/ledger/entry.ts",
    "src/lib/visibleText.ts",
    "src/station/services.ts",
    "src/station/http/",
    "src/gates/mail/reasons",
    "src/gate",
  ],
  "src/console/": ["src/"],
  "src/replay/": [
    "src/station/",
    "src/gates/",
    "src/gate",
    "src/scope/",
    "src/notice/",
    "src/law/",
    "src/ledger/",
    "src/personal/",
    "src/lib/",
    "src/config.ts",
  ],
  "src/cli.ts": ["src/"],
  "bench/": ["src/"],
  "tools/": ["src/", "bench/"],
};

/** Where programs start: what none of them reaches is dead. */
const roots = [
  /^src\/cli\.ts$/,
  /^src\/station\/runGate\.ts$/,
  /^src\/console\/client\/(main\.tsx|vite\.config\.ts)$/,
  /^(bench|tools)\//,
  /\.test\.tsx?$/,
];

type Source = { path: string; text: string; lines: string[]; imports: string[] };

/** Everything that is not as the guide asks, as `file:line: what; use …`. */
export function tidy(): string[] {
  const sources = globSync("{src,tools,bench}/**/*.{ts,tsx}")
    .filter((path) => !path.includes("node_modules"))
    .sort()
    .map(readSource);
  const problems = sources.flatMap((source) => [
    ...tidyLines(source),
    ...tidyFunctions(source),
    ...tidyImports(source),
  ]);
  return [...problems, ...deadFiles(sources), ...tidyLockFile(), ...tidyNames(sources)];
}

function readSource(path: string): Source {
  const text = readFileSync(path, "utf8");
  return { path, text, lines: text.split("\n"), imports: importsOf(path, text) };
}

/** Files of ours that a file names: static and dynamic imports, workers and child programs. */
function importsOf(path: string, text: string): string[] {
  const named = text.matchAll(
    /(?:from|import\(|import)\s*"(\.[^"]+)"|siblingModule\(import\.meta\.url, "(\.[^"]+)"\)/g,
  );
  const beside = text.matchAll(/new URL\("(\.[^"]+\.tsx?)", import\.meta\.url\)/g);
  const found = [...named].map((match) => match[1] ?? `${match[2]}.ts`);
  return [...found, ...[...beside].map((match) => match[1] as string)].map((file) =>
    normalize(join(dirname(path), file)),
  );
}

function tidyLines({ path, lines }: Source): string[] {
  const problems: string[] = [];
  if (lines.length > limits.fileLinesMax + 1)
    problems.push(`${path}: ${lines.length} lines; at most ${limits.fileLinesMax}`);
  for (const [at, line] of lines.entries()) {
    const place = `${path}:${at + 1}`;
    if (line.length > limits.lineCharactersMax)
      problems.push(`${place}: ${line.length} characters; at most 110`);
    if (/\s+$/.test(line)) problems.push(`${place}: blanks at the end of the line`);
    if (path === "tools/tidy.ts") continue; // It names what it bans.
    for (const ban of bans) {
      if (!ban.inFiles.test(path) || ban.notIn?.test(path) === true || !ban.text.test(line)) continue;
      problems.push(`${place}: ${ban.text.source}; use ${ban.use}`);
    }
  }
  return problems;
}

/** A function ends at the first line that closes at its own depth. */
function tidyFunctions({ path, lines }: Source): string[] {
  if (/\.test\.tsx?$/.test(path)) return [];
  const problems: string[] = [];
  const start =
    /^(\s*)(export )?(async )?(function\*? |(static )?(async )?(get |set |\*)?#?\w+(<[^>]*>)?\([^;]*$)/;
  for (const [at, line] of lines.entries()) {
    const match = start.exec(line);
    if (match === null || /^\s*(if|for|while|switch|return|await|super|else|catch)\b/.test(line)) continue;
    const closing = `${match[1]}}`;
    const end = lines.findIndex(
      (other, place) => place > at && other.startsWith(closing) && /^\s*\}[,;)]*$/.test(other),
    );
    if (end < 0 || !lines.slice(at, at + 12).some((one) => one.endsWith("{"))) continue;
    const length = end - at + 1;
    if (length > limits.functionLinesMax) {
      problems.push(`${path}:${at + 1}: function of ${length} lines; at most ${limits.functionLinesMax}`);
    }
  }
  return problems;
}

function roomOf(path: string): string | null {
  const candidates = Object.keys(rooms).filter((room) => path.startsWith(room));
  return candidates.sort((one, other) => other.length - one.length)[0] ?? null;
}

function tidyImports({ path, imports }: Source): string[] {
  const room = roomOf(path);
  if (room === null)
    return path.endsWith(".test.ts") ? [] : [`${path}: stands in no room; see rooms in tools/tidy.ts`];
  // A test may use what is above it: it stands outside the house.
  if (/\.test\.tsx?$|\/test[A-Z]\w*\.ts$/.test(path)) return [];
  return imports
    .filter((file) => file.startsWith("src/") || file.startsWith("bench/"))
    .filter(
      (file) =>
        roomOf(file) !== room &&
        !(rooms[room] as readonly string[]).some((prefix) => file.startsWith(prefix)),
    )
    .map(
      (file) =>
        `${path}: imports ${file}; ${room} may import ${rooms[room]?.join(", ") || "nothing of ours"}`,
    );
}

function deadFiles(sources: readonly Source[]): string[] {
  const byPath = new Map(sources.map((source) => [source.path, source]));
  const alive = new Set<string>();
  const waiting = sources.filter(({ path }) => roots.some((root) => root.test(path))).map(({ path }) => path);
  while (waiting.length > 0) {
    const path = waiting.pop() as string;
    if (alive.has(path)) continue;
    alive.add(path);
    waiting.push(...(byPath.get(path)?.imports ?? []));
  }
  return sources.filter(({ path }) => !alive.has(path)).map(({ path }) => `${path}: nothing reaches it`);
}

/** A lock file with addresses ties the build to one registry. */
function tidyLockFile(): string[] {
  if (!existsSync("package-lock.json")) return ["package-lock.json: missing"];
  const lock = readFileSync("package-lock.json", "utf8");
  const manifest = JSON.parse(readFileSync("package.json", "utf8")) as Record<string, Record<string, string>>;
  const loose = ["dependencies", "devDependencies", "optionalDependencies"].flatMap((kind) =>
    Object.entries(manifest[kind] ?? {}).filter(([, version]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version)),
  );
  return [
    ...(lock.includes('"resolved"') ? ["package-lock.json: holds download addresses; see .npmrc"] : []),
    ...loose.map(([name, version]) => `package.json: ${name} is "${version}"; pin it exactly`),
  ];
}

/** A file bears the name of something it exports, or of the room it opens. */
function tidyNames(sources: readonly Source[]): string[] {
  return sources
    .filter(
      ({ path }) =>
        path.startsWith("src/") && /\/[A-Z_]|[_ ]/.test(path.replace(/.*\//, "/")) && !path.endsWith(".tsx"),
    )
    .map(({ path }) => `${path}: name files in camelCase`);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const problems = tidy();
  process.stdout.write(problems.map((problem) => `${problem}\n`).join(""));
  process.exitCode = problems.length === 0 ? 0 : 1;
}
