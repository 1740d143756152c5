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
