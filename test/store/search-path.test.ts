import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { copyStore } from "../../src/store/copy.ts";
import { examinePostgres } from "../../src/store/postgres/doctor.ts";
import { told } from "./deliveries.ts";
import { openStoreIn, temporaryFolder } from "./open.ts";
import { forgetMigration, onServer, openReplica, temporarySchema } from "./open-postgres.ts";

/** An empty schema, by a search_path that shows another store behind it. */
async function besideAStore() {
  await using opened = new AsyncDisposableStack();
  const other = opened.use(await temporarySchema());
  await (await openReplica(other.url))[Symbol.asyncDispose]();
  const own = opened.use(await temporarySchema());
  const url = new URL(own.url);
  url.searchParams.set("options", `-c search_path=${own.name},${other.name}`);
  const indexesIn = (schema: string) =>
    onServer(async (client) => {
      const { rows } = await client.query<{ name: string }>(
        "select indexname as name from pg_indexes where schemaname = $1 order by indexname",
        [schema],
      );
      return rows.map(({ name }) => name);
    });
  const all = await indexesIn(other.name);
  const running = opened.move();
  return {
    url: url.href,
    /** The indexes of a store. */
    all,
    own: () => indexesIn(own.name),
    others: () => indexesIn(other.name),
    ask: (text: string) => onServer((client) => client.query(text), url.href),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

describe("in a schema before another store's in the search_path", () => {
  it("a gateway makes every index", async () => {
    await using schemas = await besideAStore();
    await using _store = await openReplica(schemas.url);
    expect(await schemas.own()).toEqual(schemas.all);
  });

  it("a copy makes every index, and takes none of the other's away", async () => {
    await using schemas = await besideAStore();
    using folder = temporaryFolder();
    const file = join(folder.path, "issuewire.db");
    const copying = () => copyStore({ file, url: schemas.url, onProgress: () => {} });
    // Of those the copy knows that were there when it began.
    await (await openReplica(schemas.url))[Symbol.asyncDispose]();
    {
      await using gateway = await openStoreIn(file);
      await gateway.append(told());
      await copying();
    }
    expect(await schemas.own()).toEqual(schemas.all);
    // With its own away already when it begins anew.
    await schemas.ask(
      "update meta set value = replace(value, '\"instance\":\"', '\"instance\":\"x') where name = 'copying'",
    );
    await schemas.ask("drop index issues_by_count");
    expect(await copying()).toMatchObject({ beganAnew: "OTHER_STORE" });
    expect(await schemas.own()).toEqual(schemas.all);
    expect(await schemas.others()).toEqual(schemas.all);
  });

  it("an upgrade changes nothing of the other's", async () => {
    await using schemas = await besideAStore();
    await (await openReplica(schemas.url))[Symbol.asyncDispose]();
    await schemas.ask(forgetMigration("0004_alike_in_order"));
    await schemas.ask("drop index deliveries_by_sha256");
    await expect(openReplica(schemas.url)).rejects.toThrow("does not exist");
    expect(await schemas.others()).toEqual(schemas.all);
  });

  it("doctor says that there is no store", async () => {
    await using schemas = await besideAStore();
    const findings = await examinePostgres({ url: schemas.url, onProgress: () => {} });
    expect(findings.map(({ problem }) => problem)).toEqual(["There is no store in this database."]);
  });
});
