import { spawn, spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";

/** Why Dovecot cannot be started here, or false. */
export function dovecotMissing(): string | false {
  if (!existsSync("/usr/lib/dovecot/imap")) return "Dovecot is not installed here (Debian: dovecot-imapd)";
  return process.getuid?.() === 0 ? false : "Dovecot needs root";
}

/** A Dovecot of its own for a test, with one mailbox "bounce" in the Maildir of its folder. */
export async function startDovecot(
  folder: string,
  port: number,
): Promise<{ maildir: string; password: string; close(): Promise<void> }> {
  const [maildir, password] = [join(folder, "maildir"), "of-a-test"];
  for (const name of ["cur", "new", "tmp"]) mkdirSync(join(maildir, name), { recursive: true });
  chmodSync(folder, 0o755);
  const config = join(folder, "dovecot.conf");
  writeFileSync(join(folder, "users"), `bounce:{PLAIN}${password}:65534:65534::${folder}\n`);
  // Dovecot opens no mailbox as root.
  spawnSync("chown", ["-R", "65534:65534", maildir]);
  writeFileSync(
    config,
    `base_dir = ${join(folder, "run")}
state_dir = ${join(folder, "state")}
log_path = ${join(folder, "log")}
protocols = imap
ssl = no
disable_plaintext_auth = no
listen = 127.0.0.1
first_valid_uid = 0
first_valid_gid = 0
mail_location = maildir:${maildir}
service imap-login {
  inet_listener imap {
    port = ${port}
  }
  inet_listener imaps {
    port = 0
  }
}
passdb {
  driver = passwd-file
  args = ${join(folder, "users")}
}
userdb {
  driver = passwd-file
  args = ${join(folder, "users")}
}
`,
  );
  const server = spawn("/usr/sbin/dovecot", ["-F", "-c", config], { stdio: "ignore" });
  for (let tried = 0; !(await answers(port)); tried += 1) {
    if (tried > 200) throw new Error(`Dovecot does not answer; see ${join(folder, "log")}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const close = async (): Promise<void> => {
    const ended = new Promise((resolve) => server.on("exit", resolve));
    server.kill("SIGTERM");
    await ended;
  };
  return { maildir, password, close };
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("data", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}
