import { fork } from "node:child_process";
import { constants, setPriority } from "node:os";
import { fileURLToPath } from "node:url";

export type Running<Done> = { done: Promise<Done>; stop: () => void };

type Told<Done> = { ready?: true; done?: Done; problem?: string };

/**
 * Runs a long piece of work in a process of its own, at low priority: orders and packets never wait for it,
 * and ending it harms nobody (a database that runs in a thread would take its process along).
 */
export function runProgram<Asked extends object, Done>(
  program: URL,
  asked: Asked,
  limits: { minutesMax: number; heapMegabytes: number },
): Running<Done> {
  const child = fork(fileURLToPath(program), {
    execArgv: ["--disable-warning=ExperimentalWarning", `--max-old-space-size=${limits.heapMegabytes}`],
    stdio: ["ignore", "ignore", "inherit", "ipc"],
    serialization: "advanced",
  });
  try {
    if (child.pid !== undefined) setPriority(child.pid, constants.priority.PRIORITY_BELOW_NORMAL);
  } catch {
    // It has ended already; that is told below.
  }
  const stop = (): void => void child.kill("SIGKILL");
  const done = new Promise<Done>((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(new Error(`it took more than ${limits.minutesMax} minutes`));
      stop();
    }, limits.minutesMax * 60_000);
    child.on("message", (told: Told<Done>) => {
      if (told.ready === true) child.send(asked);
      if (told.done !== undefined) resolve(told.done);
      if (told.problem !== undefined) reject(new Error(told.problem));
    });
    child.once("error", reject);
    child.once("exit", (code, signal) => {
      clearTimeout(timer);
      reject(new Error(`its process ended with ${signal ?? `status ${code}`}`));
    });
  });
  return { done, stop };
}

/** The other side, in the process: does what is asked, once. */
export function serveProgram<Asked, Done>(work: (asked: Asked) => Promise<Done>): void {
  process.once("message", (asked) => {
    work(asked as Asked).then(
      (done) => process.send?.({ done }, () => process.exit(0)),
      (error: unknown) => process.send?.({ problem: String(error) }, () => process.exit(1)),
    );
  });
  process.once("disconnect", () => process.exit(1)); // Whoever asked is gone.
  process.send?.({ ready: true });
}
