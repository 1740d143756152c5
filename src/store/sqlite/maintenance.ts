import { existsSync, statfsSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import Database from "better-sqlite3";
import { drizzle } from "drizzle-orm/better-sqlite3";
import { StorageUnavailableError } from "../../domain/failure.ts";
import { calledBy } from "../called-by.ts";
import type { Compaction, Maintenance } from "../maintenance.ts";
import { namedQueries } from "../queries/named.ts";
import { tokenQueries } from "../queries/tokens.ts";
import * as tables from "../tables/sqlite.ts";
import { openWriter, setUpToWrite, type Connection } from "./connection.ts";
import { emptyWal } from "./empty-wal.ts";
import { codeOf, isBusy, unusable } from "./error.ts";
import { makeFolderOf } from "./folder.ts";
import { continued, identityOf } from "./identity.ts";
import { instanceFileOf, readInstance } from "./instance.ts";
import { lockStore, StoreInUseError } from "./lock.ts";
import { hasTablesOfThisVersion } from "./migrate.ts";
import { readerOf } from "./queries.ts";
import { erasingSteps } from "./steps.ts";

/** How long a step waits for the gateway to finish what it is writing; that takes milliseconds. */
const busyMs = 10_000;

/**
 * How long nothing is written after a step. A gateway that finds the database locked looks again every 15 ms; after steps
 * without a pause it would find it locked for so long that it answers webhooks with 503.
 */
const restMs = 40;

/** How long a gateway may write before the WAL is tried to be emptied again. */
const betweenSweepsMs = 400;

/**
 * Opens the store for commands, making it where it is missing.
 *
 * Where a gateway has it, this is a second connection that writes: SQLite lets one transaction write at a time, the
 * gateway tries again when it finds another one, for which it is left time between two steps, and it notices what was
 * changed beneath it. Where none has it, it is locked, so that none starts meanwhile.
 * @throws Error when the gateway that runs is of a version with other tables.
 */
export function openSqliteMaintenance(file: string, freeBytesIn = freeBytesOf): Maintenance {
  makeFolderOf(file);
  using opened = new DisposableStack();
  const { connection, isBesideGateway } = openConnection(file, opened);
  const asked = { db: connection.db, tables };
  const steps = erasingSteps(connection, async () => {
    if (isBesideGateway) await wait(restMs);
  });
  const running = opened.move();
  return {
    ...patient(file, steps),
    ...namedQueries(readerOf(connection, { issueObjectOf: () => null }), asked),
    tokens: patient(file, tokenQueries(asked)),
    ...patient(file, {
      compact: async () =>
        isBesideGateway
          ? { is: "in use" }
          : await compact(connection, { folder: dirname(file), freeBytesIn }),
      sweep: () => sweep(connection),
    }),
    [Symbol.asyncDispose]: async () => running.dispose(),
  };
}

function openConnection(
  file: string,
  opened: DisposableStack,
): { readonly connection: Connection; readonly isBesideGateway: boolean } {
  try {
    opened.use(lockStore(file));
  } catch (error) {
    if (!(error instanceof StoreInUseError) || !existsSync(file)) throw error;
    const client = new Database(file, { timeout: busyMs, fileMustExist: true });
    opened.defer(() => void client.close());
    setUpToWrite(client, file);
    const connection = { client, db: drizzle({ client }) };
    if (!hasTablesOfThisVersion(connection))
      throw new Error(
        `The gateway that uses ${file} is of another version: run this command with that one.`,
        {
          cause: error,
        },
      );
    return { connection, isBesideGateway: true };
  }
  const connection = openWriter(file);
  opened.defer(() => void connection.client.close());
  connection.client.pragma(`busy_timeout = ${busyMs}`);
  // An erasure adds to the log, which positions that a restored file had handed out before must not come to mean.
  const known = identityOf(connection);
  if (known !== null) continued(connection, known, readInstance(instanceFileOf(file)));
  return { connection, isBesideGateway: false };
}

/** In turn. */
const writingAnew = [
  // The index of texts keeps the trigrams of what is deleted until it merges them away.
  "insert into issues_search (issues_search) values ('optimize')",
  // Where SQLite moves rows from page to page, it leaves copies that `secure_delete` knows nothing of.
  "vacuum",
];

/** In an empty WAL, for it is cut to nothing only then: also by whoever finds the disk full, who could not move it into the file. */
async function compact(
  connection: Connection,
  { folder, freeBytesIn }: { readonly folder: string; readonly freeBytesIn: (folder: string) => number },
): Promise<Compaction> {
  const left = (because: string) => ({ is: "left", because }) as const;
  try {
    for (const statement of writingAnew) {
      if (!(await sweep(connection))) return left("something else is reading it");
      const [needed, free] = [bytesToWriteAnew(connection.client), freeBytesIn(folder)];
      if (free < needed)
        return left(
          `that takes ${Math.ceil(needed / 1e6)} MB of free space in ${resolve(folder)}, where there are ${Math.floor(free / 1e6)}`,
        );
      connection.client.exec(statement);
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
function freeBytesOf(folder: string): number {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
}

/** Tries for as long as a step waits at most. */
async function sweep({ client }: Connection): Promise<boolean> {
  for (const until = performance.now() + busyMs; ; await wait(betweenSweepsMs)) {
    if (emptyWal(client)) return true;
    if (performance.now() >= until) return false;
  }
}

/** The same steps; one that waited in vain is StorageUnavailableError, and one that could not write says which file. */
function patient<Steps extends object>(file: string, steps: Steps): Steps {
  return calledBy(steps, async (step, args) => {
    try {
      return await step(...args);
    } catch (error) {
      if (!isBusy(error)) throw unusable(file, error);
      throw new StorageUnavailableError("Another process has been writing the database for too long.", {
        cause: error,
      });
    }
  });
}
