import { randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

/** Where the secret that the gateway made for itself is kept. */
export const secretFileOf = (databaseFile: string): string => `${databaseFile}.secret`;

/**
 * The secret in this file, and whether it was made just now because there was none. Only the owner can read the file. For
 * one process at a time.
 */
export function openSecret(file: string): { readonly secret: string; readonly isNew: boolean } {
  const kept = readSecret(file);
  if (kept !== null) return { secret: kept, isNew: false };
  const secret = randomBytes(32).toString("hex");
  mkdirSync(dirname(file), { recursive: true });
  // As a whole: a full disk, or a crash, leaves no file without a secret in it.
  const temporary = `${file}.new`;
  rmSync(temporary, { force: true });
  writeFileSync(temporary, `${secret}\n`, { mode: 0o600, flag: "wx" });
  renameSync(temporary, file);
  return { secret, isNew: true };
}

/** The secret in this file; null where there is no such file, or nothing in it. */
export function readSecret(file: string): string | null {
  try {
    return readFileSync(file, "utf8").trim() || null;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
    throw error;
  }
}
