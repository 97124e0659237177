import { writeSync } from "node:fs";
import { Worker } from "node:worker_threads";
import { siblingModule } from "./sibling.ts";

export const stagedBytes = 1024 ** 2;
const stageCount = 6;

/** Places in the control memory: how often something was asked, and was done. */
export const asked = 0;
export const done = 1;
const wordsBefore = 2;
/** Of each stage: its state, the file, and how many bytes are to be written. */
const wordsOfStage = 3;
const placesAt = Math.ceil(((wordsBefore + stageCount * wordsOfStage) * 4) / 8) * 8;

export const state = { free: 0, held: 1, full: 2, failed: 3 } as const;

/** Memory that two threads share: bytes of stages, each from a page on, and what is to be done with them. */
export type StageMemory = { bytes: SharedArrayBuffer; control: SharedArrayBuffer };

/** Bytes on their way to the disk. */
export class Stage {
  readonly bytes: Uint8Array;
  readonly #control: Int32Array;
  /** Where in the file they belong. */
  readonly #place: Float64Array;

  constructor({ bytes, control }: StageMemory, number: number) {
    this.bytes = new Uint8Array(bytes, number * stagedBytes, stagedBytes);
    this.#control = new Int32Array(control, (wordsBefore + number * wordsOfStage) * 4, wordsOfStage);
    this.#place = new Float64Array(control, placesAt + number * 8, 1);
  }

  get state(): number {
    return Atomics.load(this.#control, 0);
  }

  set state(value: number) {
    Atomics.store(this.#control, 0, value);
  }

  get file(): number {
    return this.#control[1] as number;
  }

  /** Says what is to be written. */
  tell(file: number, bytes: number, place: number): void {
    this.#control[1] = file;
    this.#control[2] = bytes;
    this.#place[0] = place;
  }

  /** Writes it, and tells whether all of it could be written. */
  write(): boolean {
    const bytes = this.#control[2] as number;
    return writeSync(this.file, this.bytes, 0, bytes, this.#place[0] as number) === bytes;
  }
}

export function stagesOf(memory: StageMemory): Stage[] {
  return Array.from({ length: stageCount }, (_, number) => new Stage(memory, number));
}

/** The stages of a thread, and the thread beside it that writes what stands on them while it goes on. */
export class Stages {
  readonly #control: Int32Array;
  readonly #stages: Stage[];

  constructor() {
    const pages = (stageCount * stagedBytes) / 65536;
    const { buffer } = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
    const control = new SharedArrayBuffer(placesAt + stageCount * 8);
    const memory: StageMemory = { bytes: buffer as unknown as SharedArrayBuffer, control };
    this.#control = new Int32Array(control, 0, wordsBefore);
    this.#stages = stagesOf(memory);
    // It does nothing by itself, so nobody waits for it to end.
    new Worker(siblingModule(import.meta.url, "./directThread"), { workerData: memory }).unref();
  }

  /** One to fill for a file, as soon as one is free; null if others have all of them. */
  take(file: number): Stage | null {
    for (;;) {
      const seen = Atomics.load(this.#control, done);
      this.#writeFailed(file);
      const free = this.#stages.find((one) => one.state === state.free);
      if (free !== undefined) {
        free.state = state.held;
        return free;
      }
      if (!this.#stages.some((one) => one.state === state.full)) return null;
      Atomics.wait(this.#control, done, seen);
    }
  }

  /** Has one written. */
  give(stage: Stage, to: { file: number; bytes: number; place: number }): void {
    stage.tell(to.file, to.bytes, to.place);
    stage.state = state.full;
    Atomics.add(this.#control, asked, 1);
    Atomics.notify(this.#control, asked);
  }

  /**
   * Waits until everything of a file is written. If that cannot be, nothing of it is left on a stage either:
   * its number may soon be that of another file.
   */
  settle(file: number): void {
    for (;;) {
      const seen = Atomics.load(this.#control, done);
      if (!this.#stages.some((one) => one.state === state.full && one.file === file)) break;
      Atomics.wait(this.#control, done, seen);
    }
    this.#writeFailed(file);
  }

  /** What could not be written beside is written here: whoever asked for it learns why it cannot be. */
  #writeFailed(file: number): void {
    const failed = this.#stages.filter((one) => one.state === state.failed && one.file === file);
    for (const stage of failed) stage.state = state.free;
    for (const stage of failed)
      if (!stage.write()) throw new Error("Cannot write: the disk takes only a part");
  }
}
