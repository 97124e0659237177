import { setPriority } from "node:os";
import { parentPort, workerData } from "node:worker_threads";
import { Holder, type HolderOptions, type ToHolder } from "./holder.ts";

/** Before all others, where we may: between a file's writing and its deletion lies about a millisecond. */
const niceness = -19;

try {
  setPriority(0, niceness); // On Linux this is the thread's own.
} catch {
  // Only root may; files live a little longer than our turn mostly.
}
const holder = new Holder(workerData as HolderOptions, (message) => parentPort?.postMessage(message));
parentPort?.on("message", (message: ToHolder) => {
  if (message.do === "release") holder.release(message);
  else if (message.do === "forget") holder.forget(message.names);
  else if (message.do === "look") holder.look(message.path);
  else if (message.do === "close") holder.close();
  else parentPort?.close();
});
holder.start();
