import { afterEach, beforeEach, describe, expect, inject, it, vi } from "vitest";
import { examinePostgres } from "../../src/store/postgres/doctor.ts";
import { locksOf } from "../../src/store/postgres/locks.ts";
import { createPools } from "../../src/store/postgres/pools.ts";
import { prepare } from "../../src/store/postgres/prepare.ts";
import { startProxy } from "../postgres/proxy.ts";
import { onServer, openReplica, temporarySchema } from "./open-postgres.ts";

beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] }));
afterEach(() => void vi.useRealTimers());

/** What `open` fails with if the server, from when it is asked this text, neither answers nor ends the connection. */
async function failureAt(text: string, open: (url: string) => Promise<unknown>): Promise<unknown> {
  await using schema = await temporarySchema();
  await (await openReplica(schema.url))[Symbol.asyncDispose]();
  await using proxy = await startProxy(Number(new URL(inject("postgres")).port));
  const silent = proxy.muteAt(text);
  const failed = open(proxy.through(schema.url)).then(
    () => null,
    (error: unknown) => error,
  );
  await silent;
  vi.advanceTimersByTime(8_000);
  return await failed;
}

const unreachable = expect.objectContaining({
  message: expect.stringContaining("PostgreSQL cannot be reached"),
  cause: expect.objectContaining({ message: "No answer within 8 s." }),
});

describe("a server that falls silent once it has taken the connection", () => {
  it.each([
    "current_setting('search_path')",
    "tcp_user_timeout",
    "pg_is_in_recovery()",
    "current_schema()",
    "to_regclass",
    "begin isolation level",
    "set local search_path",
    "pg_advisory_xact_lock",
    "release savepoint",
    "from migrations",
    "from meta",
    "commit",
    "pg_backend_pid() = $1",
  ])("cannot be reached, for who opens the store and asks %s", async (text) => {
    const open = async (url: string) => {
      await using pools = createPools(url);
      await prepare(pools, { mustExist: true });
    };
    expect(await failureAt(text, open)).toEqual(unreachable);
  });

  it.each([
    "tcp_user_timeout",
    "pg_is_in_recovery()",
    "indisvalid",
    "begin isolation level",
    "to_regclass",
    "from migrations",
    "from meta",
  ])("cannot be reached, for doctor that asks %s", async (text) => {
    expect(await failureAt(text, (url) => examinePostgres({ url, onProgress: () => {} }))).toEqual(
      unreachable,
    );
  });

  it("cannot be reached, for a gateway that asks for the epoch", async () => {
    expect(await failureAt("kept_epoch", (url) => openReplica(url))).toMatchObject({
      message: expect.stringContaining("PostgreSQL cannot be reached"),
    });
  });

  it("does not keep who has asked all from ending", async () => {
    await using schema = await temporarySchema();
    await using proxy = await startProxy(Number(new URL(inject("postgres")).port));
    await using pools = createPools(proxy.through(schema.url));
    // What is sent to say goodbye.
    const silent = proxy.muteAt("X\0\0\0\x04");
    const prepared = prepare(pools);
    await silent;
    vi.advanceTimersByTime(8_000);
    expect(await prepared).toEqual({ schema: schema.name, isPooled: false });
  });
});

it("is told that it has no such database", async () => {
  const url = new URL(inject("postgres"));
  url.pathname = "/no_such_database";
  await using pools = createPools(url.href);
  await expect(prepare(pools)).rejects.toThrow("no database of that name");
});

describe("opening a store whose tables are being changed", () => {
  it("says so each time it has waited, and opens it in the end", async () => {
    await using schema = await temporarySchema();
    await using pools = createPools(schema.url);
    const told = Promise.withResolvers<void>();
    let times = 0;
    const held = () => void ((times += 1) === 2 && told.resolve());
    const prepared = await onServer(async (client) => {
      await client.query(`begin; select pg_advisory_xact_lock(${locksOf(schema.name).store})`);
      const preparing = prepare(pools, { held, lockMs: 1 });
      await told.promise;
      await client.query("commit");
      return { preparing };
    });
    expect(await prepared.preparing).toEqual({ schema: schema.name, isPooled: false });
  });
});
