import { createSecureContext } from "node:tls";
import { X509Certificate } from "node:crypto";
import { createServer, type Server } from "node:net";
import { parentPort, workerData } from "node:worker_threads";
import { textOfError } from "../../lib/error.ts";
import { Gatehouse } from "./gatehouse.ts";
import { readyJudge } from "./judge.ts";
import type { FromMain, FromThread, ThreadData } from "./threadLink.ts";
import { Connection, type ConnectionOptions } from "./wire/connection.ts";
import { bindingOf } from "./wire/openServer.ts";

/** A thread of the records gate: listens beside the others, and passes the bytes of its connections. */

export const limits = { statusMs: 1_000, connectionsMax: 20_000 } as const;

const port = parentPort;
if (port === null) throw new Error("recordsThread.ts is started by the records gate");
const data = workerData as ThreadData;
const post = (message: FromThread): void => port.postMessage(message);

await readyJudge();
const house = new Gatehouse(data, post);
const sessions = new Map<string, Connection>();
const connections = new Set<Connection>();
const options: ConnectionOptions = {
  house,
  server: { ...data.settings.server, ca: data.serverCa },
  tls:
    data.tls === null
      ? null
      : {
          context: createSecureContext({ cert: data.tls.cert, key: data.tls.key, minVersion: "TLSv1.2" }),
          binding: bindingOf(new X509Certificate(data.tls.cert)),
          required: data.settings.tls?.required ?? false,
        },
  sessions,
  onClose: (connection) => void connections.delete(connection),
};

const listener: Server = createServer({ pauseOnConnect: true }, (socket) => {
  if (connections.size >= limits.connectionsMax) {
    socket.destroy();
    return;
  }
  connections.add(new Connection(socket, options));
});
listener.on("error", (error) => post({ type: "problem", problem: textOfError(error) }));
listener.listen({ host: data.settings.host, port: data.port, reusePort: data.shares, backlog: 4_096 }, () => {
  const address = listener.address();
  post({ type: "listening", port: typeof address === "object" && address !== null ? address.port : 0 });
});

const status = setInterval(() => {
  house.counters["open"] = connections.size;
  house.tellStatus();
}, limits.statusMs);

port.on("message", (message: FromMain) => {
  if (message.type === "cancel-held") sessions.get(message.key)?.cancelHeld();
  else if (message.type === "stop") stop();
  else house.hear(message);
});

function stop(): void {
  clearInterval(status);
  listener.close();
  for (const connection of connections) connection.close();
  house.spool.close();
  house.tellStatus();
  port?.close();
}
