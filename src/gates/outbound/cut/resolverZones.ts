import { execFile } from "node:child_process";
import { chmod, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { domainToASCII } from "node:url";
import { textOfError } from "../../../lib/error.ts";
import type { CutPlan } from "./cutOrder.ts";

const limits = { controlMsMax: 10_000, nameCharactersMax: 200 } as const;

/**
 * A name as the resolver and the proxy compare it; null where it is none. `*.` in front is taken off: a name
 * always stands for itself and all below it, because whoever holds a domain makes names below it at will.
 */
export function plainName(text: string): string | null {
  const bare = text.trim().replace(/^\*\./, "").replace(/\.$/, "").toLowerCase();
  // The parser of names takes line ends out, and would make one name of two.
  if (/[\s\x00-\x20\x7f]/.test(bare)) return null;
  const name = /^[\x21-\x7e]+$/.test(bare) ? bare : domainToASCII(bare);
  if (name === "" || name.length > limits.nameCharactersMax) return null;
  return name.split(".").every((label) => /^(?!-)[a-z0-9_-]{1,63}$/.test(label)) ? name : null;
}

/** The emergency zone: tiny, because unbound answers nothing while it loads (200,000 names: 7 seconds). */
export function zoneText(names: readonly string[], serial: number): string {
  const records = names.flatMap((name) => [`${name} CNAME .`, `*.${name} CNAME .`]);
  return [
    "$TTL 1",
    `@ SOA localhost. root.localhost. ${serial} 60 60 86400 1`,
    "@ NS localhost.",
    ...records,
    "",
  ].join("\n");
}

/** A name whose server is nobody: dnsmasq answers NXDOMAIN (`local=` is not read from a servers-file). */
export function serversText(names: readonly string[]): string {
  return names.map((name) => `server=/${name}/\n`).join("");
}

/** Writes the names to the resolvers of the plan and has them read; the problems, where one did not. */
export async function tellResolvers(plan: CutPlan, names: readonly string[]): Promise<string[]> {
  const told = await Promise.all([tellUnbound(plan, names), tellDnsmasq(plan, names)]);
  return told.filter((problem) => problem !== null);
}

async function tellUnbound({ unbound }: CutPlan, names: readonly string[]): Promise<string | null> {
  if (unbound === null) return null;
  try {
    const serial = Math.floor(Temporal.Now.instant().epochMilliseconds / 100) % 2 ** 32;
    await replaceShared(unbound.zoneFile, zoneText(names, serial));
    const config = unbound.configFile === null ? [] : ["-c", unbound.configFile];
    await run("unbound-control", [...config, "auth_zone_reload", unbound.zone]);
    return null;
  } catch (error) {
    return `unbound does not hold the names: ${textOfError(error)}`;
  }
}

async function tellDnsmasq({ dnsmasq }: CutPlan, names: readonly string[]): Promise<string | null> {
  if (dnsmasq === null) return null;
  try {
    await replaceShared(dnsmasq.serversFile, serversText(names));
    const pid = Number((await readFile(dnsmasq.pidFile, "utf8")).trim());
    if (!Number.isInteger(pid) || pid <= 1) throw new Error(`${dnsmasq.pidFile} names no process`);
    // A file can be old and its number somebody else's by now.
    const name = (await readFile(`/proc/${pid}/comm`, "utf8")).trim();
    if (name !== "dnsmasq") throw new Error(`process ${pid} is ${name}, not dnsmasq`);
    process.kill(pid, "SIGHUP");
    return null;
  } catch (error) {
    return `dnsmasq does not hold the names: ${textOfError(error)}`;
  }
}

/**
 * Whole or not at all; unlike our own files, a resolver or proxy that runs as somebody else reads it. Not
 * synced: it is written anew at each start, and an order does not wait for a disk.
 */
export async function replaceShared(path: string, text: string): Promise<void> {
  const temporary = join(dirname(path), `.${process.pid}-${(counter += 1)}.new`);
  try {
    await writeFile(temporary, text, { mode: 0o644, flag: "wx" });
    await chmod(temporary, 0o644);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

let counter = 0;

function run(program: string, args: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    execFile(program, args, { timeout: limits.controlMsMax, killSignal: "SIGKILL" }, (error, out, errors) => {
      if (error === null) resolve();
      else reject(new Error(`${program}: ${(errors || out || error.message).trim().slice(0, 200)}`));
    });
  });
}
