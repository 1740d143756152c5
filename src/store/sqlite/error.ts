import { StorageUnavailableError, StoreFaultError } from "../../domain/failure.ts";
import { isFolder } from "./folder.ts";

type SqliteError = Error & { readonly code: string };

/**
 * SQLite's own error, also as the cause of Drizzle's, which holds the statement's values as well. Null if there is
 * none.
 */
function sqliteErrorIn(error: unknown): SqliteError | null {
  if (!(error instanceof Error)) return null;
  return "code" in error && String(error.code).startsWith("SQLITE_")
    ? (error as SqliteError)
    : sqliteErrorIn(error.cause);
}

/** SQLite's code for what went wrong, such as SQLITE_BUSY; null for an error of another kind. */
export function codeOf(error: unknown): string | null {
  return sqliteErrorIn(error)?.code ?? null;
}

/** What a question fails with if SQLite does not answer it, without its values. Null for an error of another kind. */
export function questionFailure(error: unknown): StorageUnavailableError | StoreFaultError | null {
  const cause = sqliteErrorIn(error);
  if (cause === null) return null;
  return /^SQLITE_(?:ERROR|RANGE|MISMATCH|TOOBIG|MISUSE)$/.test(cause.code)
    ? new StoreFaultError("The database refused a question.", { cause })
    : new StorageUnavailableError("The store could not be read.", { cause });
}

/**
 * True if SQLite refuses the values: a constraint is broken, or they are of the wrong type or too large. They would be
 * refused again however often they are sent.
 */
export function isOfValues(error: unknown): boolean {
  return /^SQLITE_(?:CONSTRAINT|MISMATCH|RANGE|TOOBIG)/.test(codeOf(error) ?? "");
}

/** True if another process holds the lock, which it may release within moments. */
export function isBusy(error: unknown): boolean {
  return codeOf(error)?.startsWith("SQLITE_BUSY") === true;
}

/** Says what is wrong with a file and what to do. */
class UnusableFileError extends Error {
  override readonly name = "UnusableFileError";
}

/**
 * The error to throw if SQLite cannot use the file: it says what is wrong and what to do. Any other error is returned
 * as it is.
 */
export function unusable(file: string, error: unknown): unknown {
  const cause = sqliteErrorIn(error);
  if (cause === null || error instanceof UnusableFileError) return error;
  const { code, message: reason } = cause;
  const because = (message: string) => new UnusableFileError(`${file} ${message}`, { cause });
  if (code.startsWith("SQLITE_BUSY"))
    return because(
      `is locked by another process (${reason}): wait for it, or find out what has the file open.`,
    );
  if (isFolder(file)) return because("is a folder: move it away, or set DATABASE_URL to another file.");
  if (/^SQLITE_(?:READONLY|CANTOPEN|PERM|AUTH)/.test(code))
    return because(
      // Who only reads writes too: what it reads is noted in a file beside the database.
      `cannot be used (${reason}): give this user write permission for the folder and for every file of the database in it, which reading needs too. A command should run as the gateway's user.`,
    );
  if (/^SQLITE_(?:NOTADB|CORRUPT)/.test(code))
    return because(
      `is damaged, or not a SQLite database (${reason}): restore a backup, or set DATABASE_URL to another file.`,
    );
  if (/^SQLITE_(?:FULL|IOERR)/.test(code))
    return because(`cannot be written (${reason}): check whether its disk is full or failing.`);
  return error;
}
