import { constants } from "node:fs";
import { mkdir, open, readdir, readFile, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";

/** A file that only grows. */
export type AppendFile = {
  write(bytes: Uint8Array): Promise<void>;
  /** Resolves when all that was written is on the medium. */
  sync(): Promise<void>;
  close(): Promise<void>;
};

/**
 * The few disk operations on which safety against crashes rests. One small interface, so that a test can
 * stop the program at every one of them, and lose what was not yet synced.
 */
export type Disk = {
  read(path: string): Promise<Buffer | null>;
  /** Names in a folder, sorted; none where the folder does not exist. */
  list(folder: string): Promise<string[]>;
  makeFolder(folder: string): Promise<void>;
  append(path: string): Promise<AppendFile>;
  /** Whole or not at all, and on the medium (temporary file, sync, rename, sync of the folder). */
  replace(path: string, bytes: Uint8Array): Promise<void>;
  remove(path: string): Promise<void>;
};

/** The disk of this machine. Files are readable by their owner only. */
export const realDisk: Disk = {
  async read(path) {
    try {
      return await readFile(path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
      throw error;
    }
  },
  async list(folder) {
    try {
      return (await readdir(folder)).sort();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
      throw error;
    }
  },
  async makeFolder(folder) {
    await mkdir(folder, { recursive: true, mode: 0o700 });
  },
  async append(path) {
    const handle = await open(path, constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND, 0o600);
    await syncFolder(dirname(path));
    return {
      async write(bytes) {
        let done = 0;
        while (done < bytes.length) done += (await handle.write(bytes, done)).bytesWritten;
      },
      sync: () => handle.datasync(),
      close: () => handle.close(),
    };
  },
  async replace(path, bytes) {
    const temporary = join(dirname(path), `.${process.pid}-${(counter++).toString(36)}.new`);
    const handle = await open(temporary, "wx", 0o600);
    try {
      try {
        await handle.writeFile(bytes);
        await handle.sync();
      } finally {
        await handle.close();
      }
      await rename(temporary, path);
    } catch (error) {
      await rm(temporary, { force: true }); // A full disk is not made fuller.
      throw error;
    }
    await syncFolder(dirname(path));
  },
  async remove(path) {
    await rm(path, { recursive: true, force: true });
  },
};

let counter = 0;

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
