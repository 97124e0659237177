import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A running Rspamd that judges by content only, as the comparison asks. */
export type Rspamd = {
  version: string;
  check(raw: Buffer): Promise<number>;
  cpuMs(): number;
  stop(): Promise<void>;
};

const port = 21_333;
/** Modules that ask the network or a database: both sides are compared without. */
const without =
  "rbl surbl spf dkim dkim_signing dmarc arc hfilter mx_check asn reputation neural fuzzy_check greylist " +
  "ratelimit history_redis url_redirector antivirus external_services phishing whitelist";

/** Starts Rspamd on loopback with one worker; null where it is not installed or does not answer. */
export async function startRspamd(): Promise<Rspamd | null> {
  const found = spawnSync("rspamd", ["--version"], { encoding: "utf8" });
  if (found.status !== 0) return null;
  const folder = mkdtempSync(join(tmpdir(), "sekisho-rspamd-"));
  writeConfiguration(folder);
  const variables = { LOCAL_CONFDIR: folder, DBDIR: folder, RUNDIR: folder, LOGDIR: folder };
  const given = Object.entries(variables).map(([name, value]) => `--var=${name}=${value}`);
  const child = spawn("rspamd", ["-f", "-i", "-c", "/etc/rspamd/rspamd.conf", ...given], { stdio: "ignore" });
  const stop = async (): Promise<void> => {
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGTERM");
    await ended;
    rmSync(folder, { recursive: true, force: true });
  };
  if (await answers(child)) {
    const version = /\d+(?:\.\d+)+/.exec(found.stdout)?.[0] ?? "?";
    return { version, check, cpuMs: () => cpuMsOf(child.pid as number), stop };
  }
  await stop();
  return null;
}

function writeConfiguration(folder: string): void {
  mkdirSync(join(folder, "local.d"));
  const write = (name: string, text: string): void => writeFileSync(join(folder, "local.d", name), text);
  write("worker-normal.inc", `bind_socket = "127.0.0.1:${port}";\ncount = 1;\n`);
  write("worker-controller.inc", "enabled = false;\n");
  write("worker-proxy.inc", "enabled = false;\n");
  write("worker-fuzzy.inc", "enabled = false;\n");
  write("options.inc", 'dns { nameserver = ["127.0.0.1:9"]; timeout = 0.05s; retransmits = 1; }\n');
  write("logging.inc", 'type = "file";\nfilename = "/dev/null";\nlevel = "error";\n');
  write("classifier-bayes.conf", "enabled = false;\n");
  for (const name of without.split(" ")) write(`${name}.conf`, "enabled = false;\n");
}

/** The first answer comes when the patterns are compiled, which takes half a minute. */
async function answers(child: ChildProcess): Promise<boolean> {
  for (let attempt = 0; attempt < 180 && child.exitCode === null; attempt += 1) {
    await new Promise((resolve) => setTimeout(resolve, 500));
    try {
      if ((await fetch(`http://127.0.0.1:${port}/ping`)).ok) return true;
    } catch {
      // Not yet.
    }
  }
  return false;
}

async function check(raw: Buffer): Promise<number> {
  const answer = await fetch(`http://127.0.0.1:${port}/checkv2`, {
    method: "POST",
    body: new Uint8Array(raw),
  });
  return ((await answer.json()) as { score?: number }).score ?? Number.NaN;
}

/** Processor time of a process and its children, by /proc. */
export function cpuMsOf(pid: number): number {
  let ticks = 0;
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const fields = readFileSync(`/proc/${name}/stat`, "latin1")
        .replace(/^.*\) /s, "")
        .split(" ");
      if (Number(name) === pid || Number(fields[1]) === pid) ticks += Number(fields[11]) + Number(fields[12]);
    } catch {
      // The process ended while it was looked at.
    }
  }
  // Linux counts in hundredths of a second.
  return ticks * 10;
}
