import { openPostgresMaintenance } from "../../src/store/postgres/maintenance.ts";
import { openSqliteMaintenance } from "../../src/store/sqlite/maintenance.ts";
import { storeContract } from "./contract.ts";
import { openTestPostgres } from "./open-postgres.ts";
import { openTestStore } from "./open.ts";

storeContract("SQLite", openTestStore, async ({ file }) => openSqliteMaintenance(file));
storeContract("PostgreSQL", openTestPostgres, ({ url }) => openPostgresMaintenance(url));
