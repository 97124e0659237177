import { DatabaseSync } from "node:sqlite";

/**
 * Holds a file for this process alone, or gives null where another one has it. The lock is the operating
 * system's (SQLite takes it; Node itself has no call for it), so it is gone with the process, however that
 * ends, and two that start at the same moment cannot both have it.
 */
export function holdFile(path: string): { release(): void } | null {
  const database = new DatabaseSync(path);
  try {
    database.exec("pragma locking_mode = exclusive; begin exclusive");
  } catch (error) {
    database.close();
    if (/database is locked/.test((error as Error).message)) return null;
    throw error;
  }
  return { release: () => database.close() };
}
