import { expect, it } from "vitest";
import { locksOf } from "../../src/store/postgres/locks.ts";
import { onServer, openReplica, temporarySchema } from "../store/open-postgres.ts";
import { commandWith } from "./command.ts";
import { secret } from "./secret.ts";

it("a gateway that waits for the store before it listens ends at once on SIGTERM", async () => {
  await using schema = await temporarySchema();
  await (await openReplica(schema.url))[Symbol.asyncDispose]();
  await onServer(async (client) => {
    const lock = locksOf(schema.name).log;
    await client.query("delete from meta where name = 'instance'");
    await client.query("select pg_advisory_lock($1)", [lock]);
    const settings = { DATABASE_URL: schema.url, SENTRY_CLIENT_SECRET: secret, PORT: "0" };
    const { child, ended } = commandWith({ settings }, "serve");
    const waiting = `select from pg_locks where locktype = 'advisory' and not granted
      and ((classid::bigint << 32) | objid::bigint) = $1`;
    await expect.poll(async () => (await client.query(waiting, [lock])).rowCount).toBe(1);
    child.kill("SIGTERM");
    const { code, output } = await ended;
    expect(code).toBe(0);
    expect(output).toContain("stopping before listening");
  }, schema.url);
});
