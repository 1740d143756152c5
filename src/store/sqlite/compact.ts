import { statfsSync } from "node:fs";
import { resolve } from "node:path";
import type Database from "better-sqlite3";
import type { Compaction } from "../maintenance.ts";
import type { Connection } from "./connection.ts";
import { codeOf } from "./error.ts";
import { emptyWalWithin } from "./empty-wal.ts";

/** In turn. */
const writingAnew = [
  // The index of texts keeps the trigrams of what is deleted until it merges them away.
  "insert into issues_search (issues_search) values ('optimize')",
  // Where SQLite moves rows from page to page, it leaves copies that `secure_delete` knows nothing of.
  "vacuum",
];

export type CompactOptions = {
  /** Where the file is. */
  readonly folder: string;
  readonly freeBytesIn: (folder: string) => number;
  /** How long it waits for whoever reads the WAL. */
  readonly giveUpMs: number;
};

/**
 * Writes the database's file anew, or leaves it as it is.
 *
 * Each statement finds the WAL empty: so what fills the disk can be cut off again, for none of it has to go into the file.
 */
export async function compact(
  { client }: Connection,
  { folder, freeBytesIn, giveUpMs }: CompactOptions,
): Promise<Compaction> {
  const left = (because: string) => ({ is: "left", because }) as const;
  try {
    for (const statement of writingAnew) {
      if (!(await emptyWalWithin(giveUpMs, client))) return left("something else is reading it");
      const [needed, free] = [bytesToWriteAnew(client), freeBytesIn(folder)];
      if (free < needed)
        return left(
          `that takes ${Math.ceil(needed / 1e6)} MB of free space in ${resolve(folder)}, where there are ${Math.floor(free / 1e6)}`,
        );
      client.exec(statement);
    }
    return { is: "compact" };
  } catch (error) {
    if (codeOf(error) === null || !(error instanceof Error)) throw error;
    return left(error.message);
  }
}

/** For all that is in use twice beside the file: in the temporary file that VACUUM fills, and in the WAL. */
function bytesToWriteAnew(client: Database.Database): number {
  const figure = (name: string) => Number(client.pragma(name, { simple: true }));
  return 2 * (figure("page_count") - figure("freelist_count")) * figure("page_size");
}

/** What this user may fill of the folder's disk. */
export function freeBytesOf(folder: string): number {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
}
