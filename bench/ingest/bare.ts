import Database from "better-sqlite3";
import { startBareReceiver } from "../bare-receiver.ts";

/**
 * The least that a durable receiver on SQLite can do: keep the raw bytes, with a sync for each group. What the gateway does
 * beyond it is what its ratio to this shows.
 *
 * Arguments: database file, secret. Prints its port.
 */

const [file, secret] = process.argv.slice(2) as [string, string];
const database = new Database(file);
database.pragma("journal_mode = WAL");
database.pragma("synchronous = FULL");
database.exec("create table deliveries (id integer primary key, body blob not null)");
const insert = database.prepare("insert into deliveries (body) values (?)");
const begin = database.prepare("begin immediate");
const commit = database.prepare("commit");

startBareReceiver(secret, 256, (bodies) => {
  begin.run();
  for (const body of bodies) insert.run(body);
  commit.run();
});
