import { storeContract } from "./contract.ts";
import { openTestPostgres } from "./open-postgres.ts";
import { openTestStore } from "./open.ts";

storeContract("SQLite", openTestStore);
storeContract("PostgreSQL", openTestPostgres);
