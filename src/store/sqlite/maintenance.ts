import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { StorageUnavailableError } from "../../domain/failure.ts";
import { calledBy } from "../called-by.ts";
import type { Maintenance } from "../maintenance.ts";
import { namedQueries } from "../queries/named.ts";
import { tokenQueries } from "../queries/tokens.ts";
import * as tables from "../tables/sqlite.ts";
import { compact, freeBytesOf } from "./compact.ts";
import { openBesideGateway, openWriter, type Connection } from "./connection.ts";
import { emptyWalWithin } from "./empty-wal.ts";
import { isBusy, unusable } from "./error.ts";
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

/**
 * Opens the store for commands, making it where it is missing.
 *
 * Where a gateway has it, this is a second connection that writes: SQLite lets one transaction write at a time, the
 * gateway tries again when it finds another one, for which it is left time between two steps, and it notices what was
 * changed beneath it. Where none has it, it is locked, so that none starts meanwhile.
 * @param freeBytesIn what may still be filled of the disk that a folder is on.
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
          : await compact(connection, { folder: dirname(file), freeBytesIn, giveUpMs: busyMs }),
      sweep: () => emptyWalWithin(busyMs, connection.client),
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
    const connection = openBesideGateway(file, busyMs);
    opened.defer(() => void connection.client.close());
    if (!hasTablesOfThisVersion(connection.client))
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
