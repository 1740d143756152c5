import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { StorageUnavailableError } from "../../domain/failure.ts";
import { wrapMethods } from "../wrap-methods.ts";
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
import { tryToLock } from "./lock.ts";
import { readerOf } from "./reader.ts";
import { erasingSteps } from "./erasing.ts";

/** How long a step waits for what the gateway is writing, which takes milliseconds. */
const busyMs = 10_000;

/**
 * The pause after each step. A gateway that finds the database locked tries again every 15 ms. Without pauses it would
 * find it locked for so long that it answers webhooks with 503.
 */
const restMs = 40;

/** How long to wait for a store that is being made or upgraded: a gateway does so in the first moments of its start. */
const usualMakingMs = 5_000;
const lookEveryMs = 100;

type SqliteMaintenanceOptions = {
  /** The free bytes on a folder's disk. */
  readonly freeBytesIn?: (folder: string) => number;
  /** How long to wait for a store that another process is making or upgrading. */
  readonly makingMs?: number;
  /** Called if there was no file and this made it. */
  readonly made?: () => void;
};

/**
 * Opens the store for commands, creating it if it is missing.
 *
 * If a gateway has it, this is a second connection that writes. SQLite lets one transaction write at a time: the
 * gateway retries when it finds another one, gets time between two steps, and notices that the database was changed. If
 * no gateway has it, it is locked, so that none starts meanwhile.
 * @throws Error if the running gateway is of a version with other tables, or takes too long to make the store.
 */
export async function openSqliteMaintenance(
  file: string,
  { freeBytesIn = freeBytesOf, ...options }: SqliteMaintenanceOptions = {},
): Promise<Maintenance> {
  makeFolderOf(file);
  using opened = new DisposableStack();
  const { connection, isBesideGateway } = await openConnection(file, opened, options);
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

async function openConnection(
  file: string,
  opened: DisposableStack,
  { makingMs = usualMakingMs, made = () => {} }: SqliteMaintenanceOptions,
): Promise<{ readonly connection: Connection; readonly isBesideGateway: boolean }> {
  for (const until = performance.now() + makingMs; ; await wait(lookEveryMs)) {
    if (opened.use(tryToLock(file)) !== null)
      return { connection: openAlone(file, opened, made), isBesideGateway: false };
    const connection = openBesideGateway(file, busyMs);
    if (!(connection instanceof Error)) {
      opened.defer(() => void connection.client.close());
      return { connection, isBesideGateway: true };
    }
    if (performance.now() >= until) throw connection;
  }
}

function openAlone(file: string, opened: DisposableStack, made: () => void): Connection {
  const isNew = !existsSync(file);
  const connection = openWriter(file);
  opened.defer(() => void connection.client.close());
  try {
    connection.client.pragma(`busy_timeout = ${busyMs}`);
    // An erasure adds to the log. A restored file needs a new epoch first: it may have handed out the same positions
    // before.
    const known = identityOf(connection);
    if (known !== null) continued(connection, known, readInstance(instanceFileOf(file)));
  } catch (error) {
    throw unusable(file, error);
  }
  if (isNew) made();
  return connection;
}

/** The same steps. One that waited in vain throws StorageUnavailableError; one that could not write says which file. */
function patient<Steps extends object>(file: string, steps: Steps): Steps {
  return wrapMethods(steps, async (step, args) => {
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
