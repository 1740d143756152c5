import { randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

/** The file in which the gateway keeps the secret that it made for itself. */
export const secretFileOf = (databaseFile: string): string => `${databaseFile}.secret`;

/**
 * Reads the secret in this file, or makes one if there is none. Only the owner can read the file. For one process at a
 * time.
 * @throws Error that says what to do if the secret can be neither read nor kept.
 */
export function openSecret(file: string): string {
  const kept = readSecret(file);
  if (kept !== null) return kept;
  const secret = randomBytes(32).toString("hex");
  try {
    mkdirSync(dirname(file), { recursive: true });
    // Written whole and then renamed: a full disk, or a crash, leaves no file without a secret in it.
    const temporary = `${file}.new`;
    rmSync(temporary, { force: true });
    writeFileSync(temporary, `${secret}\n`, { mode: 0o600, flag: "wx" });
    renameSync(temporary, file);
  } catch (cause) {
    throw new Error(
      `A secret cannot be stored in ${file}: give this user write permission there, check whether the disk is full, or set SENTRY_CLIENT_SECRET.`,
      { cause },
    );
  }
  return secret;
}

/**
 * The secret in this file; null if the file is missing or empty.
 * @throws Error that says what to do if it cannot be read.
 */
export function readSecret(file: string): string | null {
  try {
    return readFileSync(file, "utf8").trim() || null;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
    throw new Error(
      `The secret cannot be read from ${file}: make that a file that this user may read, or set SENTRY_CLIENT_SECRET.`,
      { cause: error },
    );
  }
}
