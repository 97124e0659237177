import { spawn, type ChildProcess } from "node:child_process";

export type NftAnswer = { ok: boolean; output: string; problem: string | null };

const limits = { answerBytesMax: 64 * 1024 ** 2, restMs: 5_000, failuresMax: 3 } as const;

type Command = { line: string; mark: string; msMax: number; resolve: (answer: NftAnswer) => void };

/**
 * nftables through a process that stays: a command takes half a millisecond, where starting `nft` takes 5 to
 * 50 on a busy machine. `nft -i` says nothing to a command that it has done, so each is followed by a word
 * that it cannot know (`@ack7`): its complaint about that is the acknowledgement, in the same stream as the
 * errors, without touching the kernel. A line is one transaction: all of it or nothing.
 */
export class NftChild {
  readonly #flags: readonly string[];
  #child: ChildProcess | null = null;
  #text = "";
  #count = 0;
  #now: Command | null = null;
  #timer: NodeJS.Timeout | null = null;
  readonly #waiting: Command[] = [];
  #failures = 0;
  #restUntil = 0;
  #closed = false;

  constructor(flags: readonly string[] = []) {
    this.#flags = flags;
  }

  /** The process that serves now, for tests and figures. */
  get pid(): number | null {
    return this.#child?.pid ?? null;
  }

  /**
   * Runs one line. Not ok is an error of nftables, or that the process hung or died: then nobody knows
   * whether the line took effect, so what is done next must be right in both cases.
   */
  run(line: string, msMax: number): Promise<NftAnswer> {
    return new Promise((resolve) => {
      if (this.#closed || performance.now() < this.#restUntil) {
        resolve({ ok: false, output: "", problem: "the nft process does not serve" });
        return;
      }
      this.#waiting.push({ line, mark: `@ack${++this.#count}`, msMax, resolve });
      this.#next();
    });
  }

  close(): void {
    const child = this.#child;
    this.#closed = true;
    this.#child = null;
    this.#fail("closed");
    child?.kill("SIGKILL");
  }

  /** Starts the process before it is needed. */
  warm(): void {
    this.#child ??= this.#start();
  }

  #next(): void {
    if (this.#now !== null) return;
    const command = this.#waiting.shift();
    if (command === undefined) return;
    this.#now = command;
    this.#child ??= this.#start();
    this.#text = "";
    this.#timer = setTimeout(() => this.#broken(`no answer in ${command.msMax} ms`), command.msMax);
    this.#child.stdin?.write(`${command.line}\n${command.mark}\n`);
  }

  #start(): ChildProcess {
    // Both streams are one, so that errors, listings and the acknowledgement come in order.
    const child = spawn("/bin/sh", ["-c", 'exec nft "$@" 2>&1', "nft", ...this.#flags, "-i"], {
      stdio: ["pipe", "pipe", "ignore"],
      env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", LC_ALL: "C" },
    });
    child.stdout?.setEncoding("utf8");
    child.stdout?.on("data", (text: string) => this.#read(text));
    child.stdin?.on("error", () => {});
    const ended = () => {
      if (this.#child === child) this.#broken("the nft process ended");
    };
    child.once("error", ended);
    child.once("exit", ended);
    return child;
  }

  #read(text: string): void {
    if (this.#now === null) return;
    this.#text += text;
    if (this.#text.length > limits.answerBytesMax) {
      this.#broken("the answer is too long");
      return;
    }
    const at = this.#text.lastIndexOf(`\n${this.#now.mark}\n`);
    if (at < 0 || !/^\s*\^[~^]*\n/.test(this.#text.slice(at + this.#now.mark.length + 2))) return;
    const before = this.#text.slice(0, at + 1);
    // The line before the mark is the complaint about the mark itself.
    const output = before.slice(0, before.lastIndexOf("\n", before.length - 2) + 1);
    const error = /^(?:Error|[^\n]*: Error): .*$/m.exec(output);
    this.#failures = 0;
    this.#settle({ ok: error === null, output, problem: error === null ? null : error[0].slice(0, 300) });
  }

  #settle(answer: NftAnswer): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    const command = this.#now;
    this.#now = null;
    command?.resolve(answer);
    this.#next();
  }

  #fail(problem: string): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    const commands = this.#now === null ? this.#waiting.splice(0) : [this.#now, ...this.#waiting.splice(0)];
    this.#now = null;
    for (const command of commands) command.resolve({ ok: false, output: "", problem });
  }

  /** Gives up this process for another; after some failures in a row, none is started for a while. */
  #broken(problem: string): void {
    const child = this.#child;
    this.#child = null;
    child?.kill("SIGKILL");
    this.#failures += 1;
    if (this.#failures >= limits.failuresMax) {
      this.#restUntil = performance.now() + limits.restMs;
      this.#failures = 0;
    }
    this.#fail(problem);
    // The next order does not wait for a program to start.
    if (!this.#closed && performance.now() >= this.#restUntil) this.warm();
  }
}

/** Runs a script by a process of its own: slower, and without anything that could have gone wrong before. */
export function runNftOnce(
  script: string,
  options: { msMax: number; flags?: readonly string[] },
): Promise<NftAnswer> {
  return runNft([...(options.flags ?? []), "-f", "-"], { ...options, input: `${script}\n` });
}

/** Lists by a process of its own. Not from standard input, because with `-j` that is taken for JSON. */
export function listNftOnce(line: string, flags: readonly string[], msMax: number): Promise<NftAnswer> {
  return runNft([...flags, ...line.split(" ")], { msMax, input: "" });
}

function runNft(words: readonly string[], options: { msMax: number; input: string }): Promise<NftAnswer> {
  return new Promise((resolve) => {
    const child = spawn("nft", words, {
      stdio: ["pipe", "pipe", "pipe"],
      env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", LC_ALL: "C" },
    });
    const timer = setTimeout(() => child.kill("SIGKILL"), options.msMax);
    let output = "";
    let errors = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => (output += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (errors += text.slice(0, 2_000)));
    child.stdin.on("error", () => {});
    child.once("error", (error) => {
      clearTimeout(timer);
      resolve({ ok: false, output: "", problem: `nft does not start: ${error.message}` });
    });
    child.once("close", (code, signal) => {
      clearTimeout(timer);
      const problem = code === 0 ? null : errors.trim().slice(0, 300) || `nft ended with ${code ?? signal}`;
      resolve({ ok: code === 0, output, problem });
    });
    child.stdin.end(options.input);
  });
}
