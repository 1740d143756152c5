import { readFileSync } from "node:fs";
import { open, rename } from "node:fs/promises";
import * as z from "zod/mini";

/**
 * The small file beside the database that says how far its log had come.
 *
 * A database file that was put back from a backup looks like any other, and would hand out positions again that clients
 * know with another meaning. It gives itself away by being behind this file, or by this file being gone.
 */
export type Instance = { readonly instance: string; readonly epoch: string; readonly newest: number };

const shape = z.object({ instance: z.string(), epoch: z.string(), newest: z.int().check(z.nonnegative()) });

export const instanceFileOf = (databaseFile: string): string => `${databaseFile}.instance`;

/** What the file says; null where it is missing or not one of ours. */
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
      `${file} cannot be written: let this user write there, and look whether the disk is full.`,
      {
        cause,
      },
    );
  }
}

/** What was lost of a log by the time that its database is opened: what came after a backup, or all of it. */
export type Loss = { readonly of: "the newest" } | { readonly of: "everything"; readonly newest: number };

/** What was lost, by what the database says of itself, null for a new one, and what the file says; null for nothing. */
export function lossOf(database: Instance | null, file: Instance | null): Loss | null {
  if (database !== null) return isRestored(database, file) ? { of: "the newest" } : null;
  return file === null ? null : { of: "everything", newest: file.newest };
}

/**
 * True when the database cannot be the one that `known` tells of, as far as it had come then: what its instance file says,
 * or what a gateway has known since it opened it.
 */
export function isRestored(database: Instance, known: Instance | null): boolean {
  return (
    known === null ||
    known.instance !== database.instance ||
    known.epoch !== database.epoch ||
    known.newest > database.newest
  );
}

/** What is wrong where that is found while a gateway has the database open. */
export const putBackBeneath =
  "The database was put back to what it was before, or replaced, beneath the gateway, which ends: started anew, it begins a new epoch.";
