import { join } from "node:path";
import Database from "better-sqlite3";
import type { Report } from "../../src/observability/report.ts";
import { readBody } from "../../src/sentry/payload.ts";
import type { Finding } from "../../src/store/doctor/finding.ts";
import type { Maintenance } from "../../src/store/maintenance.ts";
import { examinePostgres } from "../../src/store/postgres/doctor.ts";
import { openPostgresMaintenance } from "../../src/store/postgres/maintenance.ts";
import { rebuildPostgres } from "../../src/store/postgres/rebuild.ts";
import type { RebuildOptions } from "../../src/store/rebuild.ts";
import type { Retention } from "../../src/store/retention.ts";
import { examineSqlite } from "../../src/store/sqlite/doctor.ts";
import { openSqliteMaintenance } from "../../src/store/sqlite/maintenance.ts";
import { rebuildSqlite } from "../../src/store/sqlite/rebuild.ts";
import type { Store } from "../../src/store/store.ts";
import { onServer, openReplica, temporarySchema } from "./open-postgres.ts";
import { openStoreIn, temporaryFolder } from "./open.ts";

type Row = Readonly<Record<string, unknown>>;

type Options = {
  readonly report?: Report;
  readonly retention?: Retention;
  readonly onCommit?: () => void;
};

/** A place for one test's store, with everything that can be done there. */
export type Place = AsyncDisposable & {
  /** The store uses the real clock if it has a retention to enforce. */
  readonly open: (options?: Options) => Promise<Store>;
  readonly openMaintenance: () => Promise<Maintenance>;
  readonly examine: () => Promise<readonly Finding[]>;
  readonly rebuild: (options?: Partial<RebuildOptions>) => Promise<void>;
  /** Asks the database directly. The values are `$1`, `$2` and so on, each used once and in order. */
  readonly ask: (text: string, values?: readonly unknown[]) => Promise<readonly Row[]>;
};

const rebuilding: RebuildOptions = {
  read: readBody,
  onProgress: () => {},
  onFault(error) {
    throw error;
  },
};

async function inSqlite(): Promise<Place> {
  const folder = temporaryFolder();
  const file = join(folder.path, "issuewire.db");
  return {
    open: (options) => openStoreIn(file, options),
    openMaintenance: async () => openSqliteMaintenance(file),
    examine: () => examineSqlite({ file, onProgress: () => {} }),
    rebuild: (options) => rebuildSqlite({ file, ...rebuilding, ...options }),
    async ask(text, values = []) {
      const client = new Database(file);
      try {
        const statement = client.prepare<unknown[], Row>(text.replaceAll(/\$\d/g, "?"));
        if (statement.reader) return statement.all(...values);
        statement.run(...values);
        return [];
      } finally {
        client.close();
      }
    },
    [Symbol.asyncDispose]: async () => folder[Symbol.dispose](),
  };
}

async function inPostgres(): Promise<Place> {
  const schema = await temporarySchema();
  const { url } = schema;
  return {
    open: (options) =>
      openReplica(url, options?.retention === undefined ? options : { ...options, now: Date.now }),
    openMaintenance: () => openPostgresMaintenance(url),
    examine: () => examinePostgres({ url, onProgress: () => {} }),
    rebuild: (options) => rebuildPostgres({ url, ...rebuilding, ...options }),
    ask: (text, values = []) =>
      onServer(async (client) => (await client.query<Row>(text, [...values])).rows, url),
    [Symbol.asyncDispose]: schema[Symbol.asyncDispose],
  };
}

/** One place on each database, for `describe.each`. */
export const places = [
  ["SQLite", inSqlite],
  ["PostgreSQL", inPostgres],
] as const satisfies readonly (readonly [database: string, open: () => Promise<Place>])[];
