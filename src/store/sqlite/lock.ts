import { statSync, type Stats } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import Database from "better-sqlite3";
import { isBusy, unusable } from "./error.ts";

/** Another process has the store. */
export class StoreInUseError extends Error {
  override readonly name = "StoreInUseError";
}

export type Lock = Disposable & {
  /** False once the lock's file was deleted, moved or replaced: another process can then lock a new one. */
  readonly isInPlace: () => boolean;
};

/**
 * How long to try: if two processes come at the same moment, each can find the other there before either has the lock.
 * Then they take turns.
 */
const tryForMs = 200;

/** The pause between two tries. */
const lookEveryMs = 100;

/**
 * Locks the store for this process until the lock is disposed or the process ends, however it ends. Only commands that
 * erase or change tokens write beside the holder.
 *
 * The lock is SQLite's own, on an empty database beside the real one: it works wherever SQLite does, needs no clean-up
 * after a crash, and leaves the real file free for readers.
 * @throws StoreInUseError if another process has it.
 * @throws Error that says what to do if this process may not write there.
 */
export function lockStore(file: string): Lock {
  const lock = tryToLock(file);
  if (lock !== null) return lock;
  throw new StoreInUseError(
    `Another process is using ${file}: a gateway, or a command such as rebuild. Stop it first.`,
  );
}

/** As `lockStore`, but if another process has the lock, tries again for so long. */
export async function lockStoreWithin(waitMs: number, file: string): Promise<Lock> {
  for (const until = performance.now() + waitMs; performance.now() < until; await wait(lookEveryMs)) {
    // Without SQLite's own wait, which would hold up the event loop.
    const lock = tryToLock(file, 0);
    if (lock !== null) return lock;
  }
  return lockStore(file);
}

/** As `lockStore`, but null if another process has the lock. */
export function tryToLock(file: string, forMs = tryForMs): Lock | null {
  const place = `${file}.lock`;
  let lock: Database.Database | null = null;
  let taken: Stats | undefined;
  try {
    lock = new Database(place, { timeout: forMs });
    // Before the wait for the lock: what is there after it may be another file.
    taken = statSync(place, { throwIfNoEntry: false });
    // It holds nothing to roll back, and a full disk has no room for a journal.
    lock.pragma("journal_mode = MEMORY");
    lock.exec("begin exclusive");
  } catch (error) {
    lock?.close();
    if (isBusy(error)) return null;
    throw unusable(place, error);
  }
  const held = lock;
  return {
    isInPlace() {
      const now = statSync(place, { throwIfNoEntry: false });
      return now !== undefined && now.dev === taken?.dev && now.ino === taken.ino;
    },
    [Symbol.dispose]: () => void held.close(),
  };
}
