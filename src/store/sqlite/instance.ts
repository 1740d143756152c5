import { readFileSync } from "node:fs";
import { open, rename } from "node:fs/promises";
import * as z from "zod/mini";

/**
 * Which database this is, and how far its log has come. A small file beside the database records it.
 *
 * A database file that was put back from a backup looks like any other, but would hand out positions that clients know
 * with another meaning. It is detected by being behind the instance file, or by that file being gone.
 */
export type Instance = { readonly instance: string; readonly epoch: string; readonly newest: number };

const shape = z.object({ instance: z.string(), epoch: z.string(), newest: z.int().check(z.nonnegative()) });

export const instanceFileOf = (databaseFile: string): string => `${databaseFile}.instance`;

/** Reads the instance file; null if it is missing or not one of ours. */
export function readInstance(file: string): Instance | null {
  try {
    return shape.parse(JSON.parse(readFileSync(file, "utf8")));
  } catch {
    return null;
  }
}

/**
 * Replaces the file as a whole, so that a crash leaves the old one or the new one.
 * @throws Error that says which file it is and what to do.
 */
export async function writeInstance(file: string, instance: Instance): Promise<void> {
  const temporary = `${file}.new`;
  try {
    {
      await using handle = await open(temporary, "w");
      await handle.writeFile(JSON.stringify(instance));
      await handle.sync();
    }
    await rename(temporary, file);
  } catch (cause) {
    throw new Error(
      `${file} cannot be written: give this user write permission there, and check whether the disk is full.`,
      {
        cause,
      },
    );
  }
}

/** What a log has lost when its database is opened: everything since a backup, or all of it. */
export type Loss = { readonly of: "the newest" } | { readonly of: "everything"; readonly newest: number };

/** Compares what the database says of itself (null if it is new) with what the file says. Null if nothing was lost. */
export function lossOf(database: Instance | null, file: Instance | null): Loss | null {
  if (database !== null) return isRestored(database, file) ? { of: "the newest" } : null;
  return file === null ? null : { of: "everything", newest: file.newest };
}

/**
 * True if the database cannot be the one that `known` describes, at that point of its log or later, or if `known` is
 * null. `known` is what the instance file says, or what a gateway has known since it opened the database.
 */
export function isRestored(database: Instance, known: Instance | null): boolean {
  return (
    known === null ||
    known.instance !== database.instance ||
    known.epoch !== database.epoch ||
    known.newest > database.newest
  );
}

/** The message if a database is found to be restored while a gateway has it open. */
export const putBackBeneath =
  "The database was restored or replaced while the gateway was running. The gateway exits; when restarted, it begins a new epoch.";
