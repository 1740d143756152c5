import Database from "better-sqlite3";
import { isBusy, unusable } from "./error.ts";

/** Another process has the store. */
export class StoreInUseError extends Error {
  override readonly name = "StoreInUseError";
}

/** Of two that come at the same moment each can find the other there before either has it; then they take turns. */
const tryForMs = 200;

/**
 * Makes this process the only one that writes the store, until it disposes of the lock or ends, however it ends.
 *
 * The lock is SQLite's own, on an empty database beside the real one: it works wherever SQLite does, needs no clean-up
 * after a crash, and leaves the real file free for those who only read.
 * @throws StoreInUseError when another process has it.
 * @throws Error that says what to do when this process may not write there.
 */
export function lockStore(file: string): Disposable {
  const lock = tryToLock(file);
  if (lock !== null) return lock;
  throw new StoreInUseError(
    `Another process is using ${file}: a gateway, or a command such as rebuild. Stop it first.`,
  );
}

/** The same; null when another process has it. */
export function tryToLock(file: string): Disposable | null {
  let lock: Database.Database | null = null;
  try {
    lock = new Database(`${file}.lock`, { timeout: tryForMs });
    // It holds nothing that could be undone, and a full disk has no room for a journal.
    lock.pragma("journal_mode = MEMORY");
    lock.exec("begin exclusive");
  } catch (error) {
    lock?.close();
    if (isBusy(error)) return null;
    throw unusable(`${file}.lock`, error);
  }
  const held = lock;
  return { [Symbol.dispose]: () => void held.close() };
}
