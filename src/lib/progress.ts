/** Where progress is shown: standard error, so that standard output stays clean. */
export type ProgressScreen = {
  isTTY?: boolean | undefined;
  columns?: number | undefined;
  write(text: string): unknown;
};

export type ProgressOptions = {
  phase: string;
  /** Null while nobody knows how much there is. */
  total: number | null;
  screen?: ProgressScreen;
  now?: () => number;
};

const redrawMs = 200;
const quietMs = 2_000;
const lineMs = 5_000;

/**
 * Shows how far a long task is: phase, done of all, rate, time left. On a terminal one line is redrawn;
 * elsewhere a line is written from time to time, and nothing for what is done within two seconds.
 */
export class Progress {
  readonly #screen: ProgressScreen;
  readonly #now: () => number;
  readonly #started: number;
  #phase: string;
  #total: number | null;
  #done = 0;
  #shownAt: number;
  #drawn = false;

  constructor(options: ProgressOptions) {
    this.#screen = options.screen ?? process.stderr;
    this.#now = options.now ?? (() => performance.now());
    this.#started = this.#now();
    this.#shownAt = this.#started;
    this.#phase = options.phase;
    this.#total = options.total;
  }

  /** A new phase, or a total that is known by now. */
  tell(change: { phase?: string; total?: number | null }): void {
    this.#phase = change.phase ?? this.#phase;
    if (change.total !== undefined) this.#total = change.total;
    this.#show();
  }

  /** How much is done in all. */
  set(done: number): void {
    this.#done = done;
    this.#show();
  }

  add(count = 1): void {
    this.#done += count;
    this.#show();
  }

  /** Takes the bar away. */
  end(): void {
    if (this.#drawn) this.#screen.write("\r\u001b[2K");
    this.#drawn = false;
  }

  #show(): void {
    const now = this.#now();
    const terminal = this.#screen.isTTY === true;
    const since = now - this.#shownAt;
    if (terminal ? since < redrawMs && this.#drawn : now - this.#started < quietMs || since < lineMs) return;
    if (terminal && now - this.#started < redrawMs) return;
    this.#shownAt = now;
    const text = this.#text(now);
    if (!terminal) this.#screen.write(`${text}\n`);
    else {
      this.#screen.write(`\r\u001b[2K${text.slice(0, (this.#screen.columns ?? 80) - 1)}`);
      this.#drawn = true;
    }
  }

  #text(now: number): string {
    const seconds = Math.max(0.001, (now - this.#started) / 1000);
    const rate = this.#done / seconds;
    const pace = `${rate >= 10 ? rate.toFixed(0) : rate.toFixed(1)}/s`;
    if (this.#total === null) return `${this.#phase}: ${this.#done}, ${pace}`;
    const share = this.#total === 0 ? 1 : Math.min(1, this.#done / this.#total);
    const bar = "█".repeat(Math.round(share * 20)).padEnd(20, "░");
    const left = rate > 0 ? printSeconds((this.#total - this.#done) / rate) : "?";
    const percent = Math.floor(share * 100);
    return `${this.#phase} ${bar} ${this.#done}/${this.#total} (${percent} %), ${pace}, ${left} left`;
  }
}

function printSeconds(seconds: number): string {
  const whole = Math.max(0, Math.ceil(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}
