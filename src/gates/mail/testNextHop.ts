import { closeSync, fsyncSync, mkdirSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { SMTPServer } from "smtp-server";

/** A mail server for tests that is killed with -9: it answers 250 only after the message is in a file. */
const [folder = "", port = "0"] = process.argv.slice(2);
mkdirSync(folder, { recursive: true });
let count = 0;

const server = new SMTPServer({
  disabledCommands: ["AUTH", "STARTTLS"],
  authOptional: true,
  disableReverseLookup: true,
  onData(stream, _session, callback) {
    const chunks: Buffer[] = [];
    stream.on("data", (chunk: Buffer) => chunks.push(chunk));
    stream.on("end", () => {
      const file = openSync(join(folder, `${Date.now()}-${process.pid}-${count++}.eml`), "wx");
      writeSync(file, Buffer.concat(chunks));
      fsyncSync(file);
      closeSync(file);
      callback(null, "kept");
    });
  },
});
server.on("error", () => {});
server.listen(Number(port), "127.0.0.1", () => process.stdout.write("ready\n"));
