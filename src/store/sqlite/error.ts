/** SQLite's name for what went wrong; null for an error of another kind. Drizzle hangs it on an error of its own. */
export function codeOf(error: unknown): string | null {
  if (!(error instanceof Error)) return null;
  return "code" in error && String(error.code).startsWith("SQLITE_")
    ? String(error.code)
    : codeOf(error.cause);
}

/** Another process holds the lock; it may let go of it within moments. */
export function isBusy(error: unknown): boolean {
  return codeOf(error)?.startsWith("SQLITE_BUSY") === true;
}

/**
 * What to say where the system lets nobody write a file, or not this user, or where something else than a database is in
 * it; an error of another kind as it is.
 */
export function unusable(file: string, error: unknown): unknown {
  if (codeOf(error) === "SQLITE_NOTADB")
    return new Error(
      `${file} is not a SQLite database: name another by DATABASE_URL, or move this file away.`,
      { cause: error },
    );
  if (!/^SQLITE_(?:READONLY|CANTOPEN|PERM|AUTH)/.test(codeOf(error) ?? "")) return error;
  const reason = error instanceof Error ? error.message : String(error);
  return new Error(
    `${file} cannot be written (${reason}): let this user write the folder and every file of the database in it.`,
    { cause: error },
  );
}
