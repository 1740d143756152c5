import pg from "pg";
import { startBareReceiver } from "../bare-receiver.ts";

/**
 * The least that a durable receiver on PostgreSQL can do: insert what waits together by one statement. What a replica does
 * beyond it is what its ratio to this shows.
 *
 * Arguments: the database's URL, secret. Prints its port.
 */

const [url, secret] = process.argv.slice(2) as [string, string];
const client = new pg.Client(url);
await client.connect();
await client.query("create table deliveries (id bigserial primary key, body bytea not null)");

startBareReceiver(secret, 128, async (bodies) => {
  await client.query("insert into deliveries (body) select unnest($1::bytea[])", [bodies]);
});
