/** Lets asynchronous acts run one after another, in the order in which they were asked for. */
export class Turn {
  #last: Promise<unknown> = Promise.resolve();

  /** Runs `act` when all acts before it have ended, whatever their outcome. */
  take<T>(act: () => Promise<T>): Promise<T> {
    const run = this.#last.then(act, act);
    this.#last = run.catch(() => {});
    return run;
  }
}
