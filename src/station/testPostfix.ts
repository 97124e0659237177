import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** A Postfix of its own for a test: a private configuration, queue and port; real mail server code. */
export type TestPostfix = {
  port: number;
  folder: string;
  /** Messages that its local mailbox got, as files. */
  messages(): string[];
  close(): Promise<void>;
};

export type PostfixOptions = {
  folder: string;
  port: number;
  /** Where it hands all mail on to, as host:port; without it the mail is delivered to a Maildir. */
  filter?: string;
  domain: string;
  /** Recipient restrictions that come first. */
  restrictions?: string;
};

/** Why Postfix cannot be started here, or null where it can. */
export function postfixMissing(): string | null {
  if (!existsSync("/usr/lib/postfix/sbin/master")) return "Postfix is not installed";
  return process.getuid?.() === 0 ? null : "Postfix needs root";
}

/** Starts `master` in the foreground with a configuration of its own. */
export async function startPostfix(options: PostfixOptions): Promise<TestPostfix> {
  const config = join(options.folder, "etc");
  const mailbox = join(options.folder, "mailbox");
  mkdirSync(config, { recursive: true });
  for (const name of ["queue", "data", "mailbox"]) mkdirSync(join(options.folder, name), { recursive: true });
  chmodSync(options.folder, 0o755);
  writeFileSync(join(config, "main.cf"), mainOf(options, mailbox));
  writeFileSync(join(config, "master.cf"), masterOf(options));
  writeFileSync(join(config, "mailboxes"), `/^/ everything/\n`);
  spawnSync("chown", ["-R", "postfix", join(options.folder, "data")]);
  spawnSync("chown", ["-R", "nobody", mailbox]);
  spawnSync("/usr/sbin/postfix", ["-c", config, "check"], { stdio: "ignore" });
  const log: string[] = [];
  const master = spawn("/usr/lib/postfix/sbin/master", ["-c", config, "-d"], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  for (const stream of [master.stdout, master.stderr])
    stream.on("data", (chunk: Buffer) => log.push(chunk.toString()));
  await waitForPort(options.port, log);
  return {
    port: options.port,
    folder: options.folder,
    messages: () => readMaildir(mailbox),
    close: () => stop(master),
  };
}

function mainOf(options: PostfixOptions, mailbox: string): string {
  const { folder, domain, filter } = options;
  const deliver =
    filter === undefined
      ? [
          `virtual_mailbox_domains = ${domain}`,
          `virtual_mailbox_base = ${mailbox}`,
          `virtual_mailbox_maps = regexp:${join(folder, "etc/mailboxes")}`,
          "virtual_uid_maps = static:65534",
          "virtual_gid_maps = static:65534",
          "virtual_minimum_uid = 1",
        ]
      : [`relay_domains = ${domain}`, `smtpd_proxy_filter = ${filter}`];
  return [
    "compatibility_level = 3.6",
    `queue_directory = ${join(folder, "queue")}`,
    `data_directory = ${join(folder, "data")}`,
    `maillog_file = ${join(folder, "mail.log")}`,
    `maillog_file_prefixes = ${folder}`,
    "mydestination =",
    "myhostname = mx.example",
    "inet_interfaces = 127.0.0.1",
    "inet_protocols = ipv4",
    "mynetworks = 127.0.0.0/8",
    `smtpd_recipient_restrictions = ${options.restrictions ?? ""} permit_mynetworks,`,
    "  reject_unauth_destination",
    "smtpd_authorized_xclient_hosts = 127.0.0.1",
    "smtputf8_enable = yes",
    "biff = no",
    ...deliver,
    "",
  ].join("\n");
}

function masterOf(options: PostfixOptions): string {
  const services = [
    `127.0.0.1:${options.port} inet n - n - - smtpd`,
    "pickup unix n - n 60 1 pickup",
    "cleanup unix n - n - 0 cleanup",
    "qmgr unix n - n 300 1 qmgr",
    "rewrite unix - - n - - trivial-rewrite",
    "bounce unix - - n - 0 bounce",
    "defer unix - - n - 0 bounce",
    "trace unix - - n - 0 bounce",
    "verify unix - - n - 1 verify",
    "proxymap unix - - n - - proxymap",
    "smtp unix - - n - - smtp",
    "relay unix - - n - - smtp",
    "error unix - - n - - error",
    "retry unix - - n - - error",
    "discard unix - - n - - discard",
    "local unix - n n - - local",
    "virtual unix - n n - - virtual",
    "anvil unix - - n - 1 anvil",
    "scache unix - - n - 1 scache",
    "postlog unix-dgram n - n - 1 postlogd",
  ];
  return `${services.join("\n")}\n`;
}

async function waitForPort(port: number, log: string[]): Promise<void> {
  const { connectLocalPort } = await import("./testPorts.ts");
  const until = performance.now() + 20_000;
  while (performance.now() < until) {
    if (await connectLocalPort(port)) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`Postfix does not listen on ${port}:\n${log.join("")}`);
}

function readMaildir(mailbox: string): string[] {
  const fresh = join(mailbox, "everything", "new");
  if (!existsSync(fresh)) return [];
  return readdirSync(fresh).map((name) => readFileSync(join(fresh, name), "latin1"));
}

async function stop(master: ChildProcess): Promise<void> {
  if (master.exitCode !== null) return;
  master.kill("SIGTERM");
  await new Promise((resolve) => master.once("exit", resolve));
}
