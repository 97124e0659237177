import type { Effect, JudgedStatement } from "../verdict.ts";
import type { Portal, Prepared } from "./expected.ts";

/** What cannot be said of a name: whoever may see personal data must not run it unasked. */
export const unresolved: JudgedStatement = {
  class: "unknown",
  codes: ["cannot-resolve"],
  detail: "a prepared statement or cursor that this gate has not seen being made",
  verb: "EXECUTE",
  writes: true,
  touches: [],
  conditions: 0,
  personalOutput: [],
  keys: [],
  keyless: 0,
  nullCounts: [],
  keyTypes: [],
  copyOut: null,
  copyIn: false,
  effect: null,
};

/** How many names one session may have made, before the oldest is forgotten (and then refused). */
export const limits = { namesMax: 100_000 } as const;

/**
 * Prepared statements, cursors and portals of a session. Protocol and SQL share the names: Parse and
 * EXECUTE, DECLARE and Execute find each other's. What was asked counts as soon as it is on its way, and is
 * taken back if the server refuses it.
 */
export class SessionNames {
  readonly #refresh: (prepared: Prepared) => JudgedStatement | null;
  readonly #prepared = new Map<string, Prepared>();
  readonly #portals = new Map<string, Portal>();
  /** On their way, with the batch of each. */
  readonly #coming = new Coming<Prepared>();
  readonly #comingPortals = new Coming<Portal>();

  /** `refresh` judges anew what was judged by an older catalog. */
  constructor(refresh: (prepared: Prepared) => JudgedStatement | null) {
    this.#refresh = refresh;
  }

  findPrepared(name: string): Prepared | undefined {
    return this.#coming.find(name) ?? this.#prepared.get(name);
  }

  /** Parse is on its way. */
  expectPrepared(name: string, prepared: Prepared, batch: number): void {
    this.#coming.add(name, prepared, batch);
  }

  /** ParseComplete. */
  setPrepared(name: string, prepared: Prepared): void {
    set(this.#prepared, name, prepared);
    this.#coming.came(name, prepared);
  }

  /** An error took the rest of its batch with it. */
  failed(batch: number): void {
    this.#coming.failed(batch);
    this.#comingPortals.failed(batch);
  }

  closePrepared(name: string): void {
    this.#prepared.delete(name);
  }

  /** Bind is on its way. */
  expectPortal(name: string, portal: Portal, batch: number): void {
    this.#comingPortals.add(name, portal, batch);
  }

  setPortal(name: string, portal: Portal): void {
    const before = this.#portals.get(name);
    if (before !== portal) before?.reading?.end("complete");
    set(this.#portals, name, portal);
    this.#comingPortals.came(name, portal);
  }

  findPortal(name: string): Portal | undefined {
    return this.#comingPortals.find(name) ?? this.#portals.get(name);
  }

  closePortal(name: string): void {
    this.#portals.get(name)?.reading?.end("complete");
    this.#portals.delete(name);
  }

  /**
   * What will really run: EXECUTE and FETCH are what their names stand for. `overlay` holds names that
   * statements before it in the same text have made.
   */
  resolve(statement: JudgedStatement, overlay: Map<string, JudgedStatement | null>): JudgedStatement {
    const { effect } = statement;
    if (effect === null) return statement;
    if (effect.do === "execute") {
      const made = overlay.get(`statement ${effect.name}`);
      if (made !== undefined) return made ?? unresolved;
      const prepared = this.findPrepared(effect.name);
      return prepared === undefined ? unresolved : (this.#refresh(prepared) ?? unresolved);
    }
    if (effect.do === "fetch") {
      const made = overlay.get(`cursor ${effect.name}`);
      if (made !== undefined) return made ?? unresolved;
      return this.findPortal(effect.name)?.statement ?? unresolved;
    }
    if (effect.do === "prepare") overlay.set(`statement ${effect.name}`, effect.statement);
    if (effect.do === "declare") overlay.set(`cursor ${effect.name}`, effect.statement);
    return statement;
  }

  /** A statement of this text has succeeded. */
  apply(effect: Effect, text: string, generation: number): void {
    if (effect.do === "prepare") {
      const { name, statement } = effect;
      this.setPrepared(name, { text, inside: name, statement, generation });
    } else if (effect.do === "declare") {
      const { statement } = effect;
      const prepared = { text, inside: null, statement, generation };
      this.setPortal(effect.name, { prepared, statement, formats: null, reading: null, columns: null });
    } else if (effect.do === "deallocate") {
      if (effect.name === null) this.#prepared.clear();
      else this.#prepared.delete(effect.name);
    } else if (effect.do === "close") {
      if (effect.name === null) this.#portals.clear();
      else this.closePortal(effect.name);
    } else if (effect.do === "discard" && effect.what === "all") {
      this.#prepared.clear();
      this.#portals.clear();
    }
  }

  /** Readings that are still open when the session ends. */
  end(): void {
    for (const { reading } of this.#portals.values()) reading?.end("open");
    this.#portals.clear();
  }
}

function set<Value>(map: Map<string, Value>, name: string, value: Value): void {
  map.set(name, value);
  if (map.size <= limits.namesMax) return;
  const oldest = map.keys().next();
  if (oldest.done !== true) map.delete(oldest.value);
}

/**
 * What is on its way to the server by its name: the last of a name counts. It is one thing nearly always, and
 * that one is kept apart: a table that is filled and emptied with each statement costs more than all else.
 */
class Coming<Value> {
  #name: string | null = null;
  #value: Value | null = null;
  #batch = 0;
  readonly #others = new Map<string, { value: Value; batch: number }>();

  find(name: string): Value | undefined {
    if (name === this.#name) return this.#value as Value;
    return this.#others.size === 0 ? undefined : this.#others.get(name)?.value;
  }

  add(name: string, value: Value, batch: number): void {
    if (this.#name !== null && this.#name !== name) {
      this.#others.set(name, { value, batch });
      return;
    }
    if (this.#others.size > 0) this.#others.delete(name);
    this.#name = name;
    this.#value = value;
    this.#batch = batch;
  }

  /** The server has it now; a later one of the same name may be on its way. */
  came(name: string, value: Value): void {
    if (name === this.#name) {
      if (this.#value === value) this.#name = this.#value = null;
    } else if (this.#others.size > 0 && this.#others.get(name)?.value === value) this.#others.delete(name);
  }

  failed(batch: number): void {
    if (this.#name !== null && this.#batch === batch) this.#name = this.#value = null;
    for (const [name, other] of this.#others) if (other.batch === batch) this.#others.delete(name);
  }
}
