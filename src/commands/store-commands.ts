import { databaseFileOf, isPostgres } from "../database-url.ts";
import type { Examined } from "../store/doctor/examined.ts";
import type { Finding } from "../store/doctor/finding.ts";
import type { Maintenance } from "../store/maintenance.ts";
import { examinePostgres } from "../store/postgres/doctor.ts";
import { openPostgresMaintenance } from "../store/postgres/maintenance.ts";
import { rebuildPostgres } from "../store/postgres/rebuild.ts";
import type { RebuildOptions } from "../store/rebuild.ts";
import { requireFile } from "../store/sqlite/connection.ts";
import { examineSqlite } from "../store/sqlite/doctor.ts";
import { openSqliteMaintenance } from "../store/sqlite/maintenance.ts";
import { rebuildSqlite } from "../store/sqlite/rebuild.ts";

/** What commands do with a store, in PostgreSQL or in a SQLite file. */
export type StoreCommands = {
  /** The absolute path of the SQLite file; null for PostgreSQL. */
  readonly file: string | null;
  /** Opens the store. @throws Error if there is none: it is not made. */
  readonly openExisting: () => Promise<Maintenance>;
  /** Opens the store, and makes it if there is none. Calls `made` if it has made a file. */
  readonly openOrMake: (made: (file: string) => void) => Promise<Maintenance>;
  readonly rebuild: (options: RebuildOptions) => Promise<void>;
  readonly examine: (options: Pick<Examined, "onProgress">) => Promise<readonly Finding[]>;
};

/** The commands of the store that this DATABASE_URL names. */
export function storeCommands(url: string): StoreCommands {
  if (isPostgres(url))
    return {
      file: null,
      openExisting: () => openPostgresMaintenance(url, { mustExist: true, held }),
      openOrMake: () => openPostgresMaintenance(url, { held }),
      rebuild: (options) => rebuildPostgres({ ...options, url, held }),
      examine: (options) => examinePostgres({ ...options, url }),
    };
  const file = databaseFileOf(url);
  return {
    file,
    async openExisting() {
      requireFile(file);
      return openSqliteMaintenance(file);
    },
    openOrMake: (made) => openSqliteMaintenance(file, { made: () => made(file) }),
    rebuild: (options) => rebuildSqlite({ ...options, file }),
    examine: (options) => examineSqlite({ ...options, file }),
  };
}

/** Says that a command waits. */
export function held(): void {
  console.error(
    "Another process has locked the tables, for example a gateway that is migrating them. Waiting until it ends.",
  );
}
