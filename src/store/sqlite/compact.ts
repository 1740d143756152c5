import { statfsSync } from "node:fs";
import { resolve } from "node:path";
import type Database from "better-sqlite3";
import type { Compaction } from "../maintenance.ts";
import type { Connection } from "./connection.ts";
import { codeOf } from "./error.ts";
import { emptyWalWithin } from "./empty-wal.ts";

/** Statements that write the file anew, in this order. */
const writingAnew = [
  // The index of texts keeps the trigrams of deleted rows until it merges them away.
  "insert into issues_search (issues_search) values ('optimize')",
  // When SQLite moves rows between pages, it leaves copies that `secure_delete` does not overwrite.
  "vacuum",
];

type CompactOptions = {
  /** The folder of the database file. */
  readonly folder: string;
  readonly freeBytesIn: (folder: string) => number;
  /** How long each statement waits until nobody reads the WAL. */
  readonly giveUpMs: number;
};

/**
 * Writes the database file anew, or leaves it as it is and says why.
 *
 * Before each statement the WAL is emptied. If the statement then fills the disk, its part of the WAL can be cut off
 * again: nothing in the WAL has to go into the file.
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

/** All pages in use, twice: VACUUM fills a temporary file and the WAL with them. */
function bytesToWriteAnew(client: Database.Database): number {
  const figure = (name: string) => Number(client.pragma(name, { simple: true }));
  return 2 * (figure("page_count") - figure("freelist_count")) * figure("page_size");
}

/** The free bytes on the folder's disk that this user may fill. */
export function freeBytesOf(folder: string): number {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
}
