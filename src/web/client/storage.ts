/** What this browser was last told to keep under a key, visits ago maybe; null for nothing, and where storage is forbidden. */
export function kept(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

/** Keeps a text under a key; null lets go of it. Does nothing where storage is forbidden. */
export function keep(key: string, text: string | null): void {
  try {
    if (text === null) localStorage.removeItem(key);
    else localStorage.setItem(key, text);
  } catch {
    // Then it holds for this visit alone.
  }
}
