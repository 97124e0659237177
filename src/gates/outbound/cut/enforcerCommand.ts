import { readFileSync } from "node:fs";
import { readArguments } from "../../../lib/arguments.ts";
import { SekishoError } from "../../../lib/error.ts";
import { serveEnforcer } from "./serveEnforcer.ts";

const help = `sekisho outbound enforcer --socket PATH --state FILE

Runs the one program that changes the kernel's rules, for a service manager; without it the gate starts one
by itself. Give outbound.cut.socket in sekisho.yaml the same PATH.

  --socket PATH   where it listens for the gate; only this user may open it
  --state FILE    what is in force, kept over restarts

The gate's token comes from SEKISHO_LINK_TOKEN, else from PATH.token, which the gate makes at its first
start. It needs CAP_NET_ADMIN and nothing more, and runs as the gate's own user. For systemd:

  [Service]
  User=sekisho
  AmbientCapabilities=CAP_NET_ADMIN
  CapabilityBoundingSet=CAP_NET_ADMIN
  NoNewPrivileges=true
  RuntimeDirectory=sekisho
  StateDirectory=sekisho
  ExecStart=sekisho outbound enforcer --socket /run/sekisho/enforcer.sock --state %S/sekisho/enforcer.json
  Restart=always

Ending it leaves everything in force that is in force. Status: 0 stopped, 1 cannot run, 2 a mistake.
`;

/** `sekisho outbound enforcer`: the privileged program, for a service manager. */
export async function enforcerCommand(argv: string[]): Promise<number> {
  const options = {
    socket: { type: "string" },
    state: { type: "string" },
    help: { type: "boolean", short: "h" },
  } as const;
  const { values } = readArguments(argv, options, "sekisho outbound enforcer");
  if (values.help === true) {
    process.stdout.write(help);
    return 0;
  }
  const { socket, state } = values;
  if (socket === undefined || state === undefined) {
    throw new SekishoError("usage", "Cannot run the enforcer: --socket and --state are needed", {
      hint: "try: sekisho outbound enforcer --help",
    });
  }
  await serveEnforcer({ socketPath: socket, stateFile: state, token: tokenOf(socket) });
  return 0;
}

function tokenOf(socket: string): string {
  const given = process.env["SEKISHO_LINK_TOKEN"] ?? "";
  // No program that this one starts needs it.
  delete process.env["SEKISHO_LINK_TOKEN"];
  if (given !== "") return given;
  const file = `${socket}.token`;
  try {
    const token = readFileSync(file, "utf8").trim();
    if (token.length >= 32) return token;
  } catch (cause) {
    throw new SekishoError("key-missing", `Cannot read the gate's token in ${file}`, {
      hint: "start the gate once, which makes it; or give SEKISHO_LINK_TOKEN",
      cause,
    });
  }
  throw new SekishoError("key-missing", `Cannot use the token in ${file}: fewer than 32 characters`, {
    hint: "remove the file and start the gate, which makes a new one",
  });
}
