import Database from "better-sqlite3";
import { cpSync, rmSync } from "node:fs";
import { join } from "node:path";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { cursorOf, positionOf } from "../../src/domain/cursor.ts";
import { readBody } from "../../src/sentry/payload.ts";
import { copiedTables } from "../../src/store/copied-tables.ts";
import { copyStore, CopyDiffersError } from "../../src/store/copy.ts";
import { mostInStep } from "../../src/store/erase/portion.ts";
import { packBytes, packSize } from "../../src/store/pack.ts";
import { openCopyTarget } from "../../src/store/postgres/copy-target.ts";
import { locksOf } from "../../src/store/postgres/locks.ts";
import { examinePostgres } from "../../src/store/postgres/doctor.ts";
import { openPostgresMaintenance } from "../../src/store/postgres/maintenance.ts";
import { openWriter } from "../../src/store/sqlite/connection.ts";
import { openCopySource } from "../../src/store/sqlite/copy-source.ts";
import { openSqliteBulkFill } from "../../src/store/sqlite/bulk-fill.ts";
import { openSqliteMaintenance } from "../../src/store/sqlite/maintenance.ts";
import { packOldest } from "../../src/store/sqlite/packing.ts";
import { answerOf, deliveries, now, questions } from "../postgres/questions.ts";
import { startPooler } from "../postgres/pooler.ts";
import { at, told, webhook } from "./deliveries.ts";
import { openStoreIn, temporaryFolder } from "./open.ts";
import { onServer, openReplica, temporarySchema } from "./open-postgres.ts";

const token = {
  name: "board",
  sha256: "a".repeat(64),
  scope: "read",
  projects: ["7"],
  createdAt: at(0),
  expiresAt: null,
} as const;

/** Deliveries of every kind; the body of one is a pack of its own. */
async function everyKind() {
  const large = webhook({ action: "triggered", data: { event: "x".repeat(packBytes) } });
  return (await deliveries()).toSpliced(10, 0, large);
}

/** A SQLite file with them, two thirds of them packed. */
async function fillIn(folder: string): Promise<void> {
  const file = join(folder, "issuewire.db");
  await write(file, await everyKind());
  {
    await using store = await openSqliteMaintenance(file);
    await store.tokens.add(token);
  }
  const connection = openWriter(file);
  expect(packOldest(connection, 64, 30)).toBeGreaterThan(0);
  connection.client.close();
}

const filled = temporaryFolder();
beforeAll(() => fillIn(filled.path));
afterAll(() => filled[Symbol.dispose]());

/** A copy of that file, and an empty schema to copy it into. */
async function prepared() {
  await using opened = new AsyncDisposableStack();
  const folder = opened.use(temporaryFolder());
  cpSync(filled.path, folder.path, { recursive: true });
  const schema = opened.use(await temporarySchema());
  const running = opened.move();
  return {
    file: join(folder.path, "issuewire.db"),
    url: schema.url,
    name: schema.name,
    ask: <Row extends object>(text: string) =>
      onServer(async (client) => (await client.query<Row>(text)).rows, schema.url),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

async function write(file: string, all: Awaited<ReturnType<typeof deliveries>>): Promise<void> {
  await using store = await openStoreIn(file, { now: () => now });
  await Promise.all(all.map((one) => store.append(one)));
}

const copying = ({ file, url }: { readonly file: string; readonly url: string }, onProgress = () => {}) =>
  copyStore({ file, url, onProgress });

/** Everything that GraphQL tells of the store, and its cursors. */
async function answersOf(store: Awaited<ReturnType<typeof openReplica>>): Promise<readonly string[]> {
  const answers: string[] = [];
  for (const question of questions) answers.push(await answerOf(store, question));
  return [...answers, JSON.stringify(await store.reader.bounds())];
}

describe("a copied store", () => {
  it("answers what the file answered, byte for byte, under the same epoch, and goes on from there", async () => {
    await using stores = await prepared();
    const { isWhole, tables } = await copying(stores);
    expect(isWhole).toBe(true);
    expect(Object.fromEntries(tables.map(({ table, rows }) => [table, rows > 0]))).toEqual({
      deliveries: true,
      packs: true,
      contents: true,
      events: true,
      issues: true,
      projects: true,
      tokens: true,
    });

    await using original = await openStoreIn(stores.file, { now: () => now });
    await using copied = await openReplica(stores.url, { now: () => now });
    expect(await answersOf(copied)).toEqual(await answersOf(original));
    const all = await everyKind();
    const ids = all.map((_, index) => index + 1);
    const bodies = await copied.reader.bodies(ids);
    expect(ids.map((id) => bodies.get(id))).toEqual(all.map(({ body }) => body));
    expect(await copied.tokens.list()).toEqual([token]);

    // A cursor that the file gave out: what follows it is what is written here now, and nothing else.
    const bounds = await original.reader.bounds();
    const cursor = positionOf(cursorOf({ epoch: bounds.epoch, seq: bounds.newest }))!;
    const more = [told({ issue: "70", at: 900, count: 9 }), told({ issue: "new", at: 901 })];
    const receipts = [];
    for (const store of [original, copied]) for (const one of more) receipts.push(await store.append(one));
    expect(receipts.slice(2)).toEqual(receipts.slice(0, 2));
    expect(await copied.reader.entriesAfter(cursor.seq, 10)).toEqual(
      await original.reader.entriesAfter(cursor.seq, 10),
    );
    expect((await copied.reader.entriesAfter(cursor.seq, 10)).length).toBeGreaterThan(1);
  });

  it("has every index that a new one has", async () => {
    await using stores = await prepared();
    await copying(stores);
    await using fresh = await temporarySchema();
    await (await openReplica(fresh.url))[Symbol.asyncDispose]();
    const indexes = "select indexname from pg_indexes where schemaname = current_schema() order by 1";
    const made = await onServer(async (client) => (await client.query(indexes)).rows, fresh.url);
    expect(await stores.ask(indexes)).toEqual(made);
  });
});

describe("copying", () => {
  it("goes on where it was, wherever it was broken off, and until then no gateway opens the target", async () => {
    await using stores = await prepared();
    const rounds: number[] = [];
    for (let most = 1; ; most += 1) {
      let calls = 0;
      const breakOff = () => {
        if ((calls += 1) === most) throw new Error("broken off");
      };
      const copied = await copying(stores, breakOff).catch((error: unknown) => {
        expect(error).toEqual(new Error("broken off"));
        return null;
      });
      const [first] = await stores.ask<{ xmin: string }>("select xmin::text from deliveries where id = 1");
      if (first !== undefined) rounds.push(Number(first.xmin));
      if (copied !== null) {
        expect(copied.beganAnew).toBeNull();
        break;
      }
      await expect(openReplica(stores.url)).rejects.toThrow("is not finished");
      await expect(openPostgresMaintenance(stores.url)).rejects.toThrow("is not finished");
      const findings = await examinePostgres({ url: stores.url, onProgress: () => {} });
      expect(findings.map(({ problem }) => problem)).toEqual(["A copy into this database is not finished."]);
    }
    expect(rounds.length).toBeGreaterThan(10);
    // The first row was written once.
    expect(new Set(rounds).size).toBe(1);
    await using copied = await openReplica(stores.url);
    expect((await copied.reader.bounds()).newest).toBeGreaterThan(10);
  });

  it("beside a gateway copies what is there, and once that has stopped what came since", async () => {
    await using stores = await prepared();
    {
      await using gateway = await openStoreIn(stores.file, { now: () => now });
      const beside = await copying(stores);
      expect(beside.isWhole).toBe(false);
      await expect(openReplica(stores.url)).rejects.toThrow("is not finished");
      // Late, so that events which are copied already are superseded and measured anew; and an issue that is new.
      await gateway.append(
        told({ issue: "70", at: 45, action: "resolved", status: "resolved", lastSeen: 45 }),
      );
      const more = Array.from({ length: packSize }, (_, index) => told({ issue: `new ${index}`, at: 902 }));
      await Promise.all(more.map((one) => gateway.append(one)));
      await gateway.append(told({ issue: "70", at: 950, action: "resolved", status: "resolved", count: 20 }));
    }
    const connection = openWriter(stores.file);
    // And what was not packed when it was copied is by now.
    expect(packOldest(connection, 64, 0)).toBeGreaterThan(0);
    connection.client.close();
    const rest = await copying(stores);
    expect(rest).toMatchObject({ isWhole: true, beganAnew: null });
    await using original = await openStoreIn(stores.file, { now: () => now });
    await using copied = await openReplica(stores.url, { now: () => now });
    expect(await answersOf(copied)).toEqual(await answersOf(original));
  });

  it("is not written beneath once no gateway has the file: what a command took away would come back", async () => {
    await using stores = await prepared();
    const other = new Database(stores.file, { timeout: 0 });
    using _closing = { [Symbol.dispose]: () => void other.close() };
    const write = () => other.exec("begin immediate; rollback");
    {
      using source = openCopySource(stores.file);
      expect(source.isAlone).toBe(true);
      expect(write).toThrow("database is locked");
    }
    write();
    await using _gateway = await openStoreIn(stores.file);
    using source = openCopySource(stores.file);
    expect(source.isAlone).toBe(false);
    write();
  });

  it("begins anew when something was erased since", async () => {
    await using stores = await prepared();
    {
      await using _gateway = await openStoreIn(stores.file);
      await copying(stores);
    }
    {
      await using store = await openSqliteMaintenance(stores.file);
      expect(await store.forgetIssue("70", at(2_000))).toBe(true);
    }
    expect(await copying(stores)).toMatchObject({ isWhole: true, beganAnew: "ERASED" });
    await using copied = await openReplica(stores.url);
    expect((await copied.reader.issues(["70"])).size).toBe(0);
  });

  it("begins anew when what was set aside was erased since", async () => {
    await using opened = new AsyncDisposableStack();
    const { path } = opened.use(temporaryFolder());
    const { url } = opened.use(await temporarySchema());
    const file = join(path, "issuewire.db");
    {
      // Ended before anything is set aside, which it would erase by itself.
      await using gateway = await openStoreIn(file);
      await Promise.all(
        Array.from({ length: mostInStep + 1 }, (_, index) =>
          gateway.append(told({ at: index, count: index })),
        ),
      );
    }
    await using store = await openSqliteMaintenance(file);
    expect(await store.forgetIssue("1", at(10_000))).toBe(true);
    await copying({ file, url });
    expect(await store.eraseSetAside()).toBe(mostInStep);
    expect(await copying({ file, url })).toMatchObject({ beganAnew: "ERASED" });
    expect(await store.eraseSetAside()).toBe(1);
  });

  it("begins anew when issues were dropped since, though cursors are good from where they were before", async () => {
    await using opened = new AsyncDisposableStack();
    const { path } = opened.use(temporaryFolder());
    const { url } = opened.use(await temporarySchema());
    const file = join(path, "issuewire.db");
    const drop = async (before: number) => {
      await using store = await openSqliteMaintenance(file);
      return await store.dropClosedIssues(before);
    };
    {
      await using gateway = await openStoreIn(file);
      await gateway.append(told({ issue: "1", at: 20, action: "resolved", status: "resolved" }));
      await gateway.append(told({ issue: "2", at: 10, action: "resolved", status: "resolved" }));
      await gateway.append(told({ issue: "3", at: 30 }));
      expect(await drop(at(15))).toBe(1);
      await copying({ file, url });
    }
    expect(await drop(at(25))).toBe(1);
    expect(await copying({ file, url })).toMatchObject({ isWhole: true, beganAnew: "ERASED" });
  });

  it("begins anew when it was begun of another store", async () => {
    await using stores = await prepared();
    using folder = temporaryFolder();
    const file = join(folder.path, "issuewire.db");
    {
      await using gateway = await openStoreIn(file);
      await gateway.append(told({ issue: "of another store" }));
      await copying({ ...stores, file });
    }
    expect(await copying(stores)).toMatchObject({ isWhole: true, beganAnew: "OTHER_STORE" });
    await using copied = await openReplica(stores.url);
    expect((await copied.reader.issues(["of another store"])).size).toBe(0);
  });

  it("is not gone on with by a newer version, which makes other tables", async () => {
    await using stores = await prepared();
    {
      await using _gateway = await openStoreIn(stores.file);
      await copying(stores);
    }
    await stores.ask("delete from migrations where made_at = (select max(made_at) from migrations)");
    await expect(copying(stores)).rejects.toThrow("started by an older version");
  });

  it("goes into a schema whose name has to be quoted", async () => {
    await using stores = await prepared();
    await using schema = await temporarySchema((unique) => `${unique} Überlang`);
    expect((await copying({ ...stores, url: schema.url })).isWhole).toBe(true);
    await using copied = await openReplica(schema.url);
    expect((await copied.reader.bounds()).newest).toBeGreaterThan(10);
  });

  it("sends what is large in several statements, and as one step", async () => {
    await using schema = await temporarySchema();
    await using target = await openCopyTarget(schema.url);
    const identity = { instance: "i", epoch: "e", oldest: 0, prunedTo: 0, dropped: 0 };
    const keys = { deliveries: 0, packs: 0, contents: 0, events: 0, issues: 0 };
    const progress = { identity, since: 0, keys, hasDiffered: false };
    await target.begin(progress);
    const body = Buffer.alloc(7 * 1_048_576);
    const rows = [1, 2, 3, 4, 5].map((delivery) => ({ delivery, body, fields: null }));
    const asked = vi.spyOn(pg.Client.prototype, "query");
    try {
      await target.write(copiedTables[2], rows, progress);
      const texts = asked.mock.calls.map(([text]) => text as unknown);
      expect(texts.filter((text) => String(text).startsWith("insert into contents"))).toHaveLength(3);
      expect(texts.filter((text) => text === "commit")).toHaveLength(1);
    } finally {
      asked.mockRestore();
    }
    const copied = await target.pageAfter(copiedTables[2], 0);
    expect(copied.map(({ delivery }) => delivery)).toEqual([1, 2, 3, 4, 5]);
  });

  it.each([
    ["deliveries", "update deliveries set sha256 = sha256 || 'x' where id = 3", /deliveries, id 3 .* sha256/],
    [
      "contents",
      "update contents set body = body || 'x' where delivery = (select max(delivery) from contents)",
      /contents, delivery \d+ .* body/,
    ],
    [
      "packs",
      "update packs set data = set_byte(data, 20, 255 - get_byte(data, 20)) where first = 1",
      /first 1 .* data/,
    ],
    ["events", "update events set kind = 'OTHER' where seq = 2", /events, seq 2 .* kind/],
    ["issues", "update issues set title = title || ' ' where id = 2", /issues, id 2 .* title/],
    ["the log that is missing", "delete from events where seq = 5", /events, seq 5 is on one side only/],
  ])(
    "finds a row of %s that is not the same in the end, and then begins anew",
    async (_, damage, expected) => {
      await using stores = await prepared();
      {
        await using _gateway = await openStoreIn(stores.file);
        await copying(stores);
      }
      await stores.ask(damage);
      const again = copying(stores);
      await expect(again).rejects.toThrow(CopyDiffersError);
      await expect(again).rejects.toThrow(expected);
      await expect(openReplica(stores.url)).rejects.toThrow("is not finished");
      expect(await copying(stores)).toMatchObject({ isWhole: true, beganAnew: "DIFFERED" });
    },
  );

  it("is refused where there is a store, a gateway, or another copy", async () => {
    await using stores = await prepared();
    {
      const listens = Promise.withResolvers<void>();
      // It rings once it listens, for what it may not have heard.
      await using _gateway = await openReplica(stores.url, { onCommit: listens.resolve });
      await listens.promise;
      await expect(copying(stores)).rejects.toThrow("A gateway uses the target");
    }
    await onServer(async (client) => {
      await client.query("select pg_advisory_lock($1)", [locksOf(stores.name).writing]);
      await expect(copying(stores)).rejects.toThrow("Something writes to the target");
    });
    await copying(stores);
    await expect(copying(stores)).rejects.toThrow("The target already holds a store");
    await using other = await prepared();
    await expect(copying({ ...stores, file: other.file })).rejects.toThrow(
      "The target already holds a store",
    );
  });

  it("by way of a pooler leaves no lock behind", async () => {
    await using stores = await prepared();
    await using pooler = await startPooler(stores.url);
    expect((await copying({ ...stores, url: pooler.url })).isWhole).toBe(true);
    await using copied = await openReplica(pooler.url);
    expect(await copied.append(told({ issue: "new", at: 901 }))).toMatchObject({ outcome: "APPLIED" });
  });

  it("ends when it has lost its lock, because a gateway may have written since", async () => {
    await using stores = await prepared();
    await using target = await openCopyTarget(stores.url);
    const found = await stores.ask<{ pid: number }>(
      `select pg_terminate_backend(pid) from pg_locks
       where locktype = 'advisory' and mode = 'ExclusiveLock' and (classid::bigint << 32) + objid::bigint
         = ${locksOf(stores.name).writing}`,
    );
    expect(found).toHaveLength(1);
    await expect(target.writeAll({ table: "tokens", key: "name" }, [])).rejects.toThrow();
  });

  it("is made of a store that was filled with a past, before any gateway has opened it", async () => {
    await using stores = await prepared();
    const file = `${stores.file}.filled`;
    {
      using filling = openSqliteBulkFill({
        file,
        read: readBody,
        onFault: (error) => expect(error).toBe(""),
      });
      await filling.append([told({ issue: "1" }), told({ issue: "2" })]);
      await filling.finish();
    }
    expect(await copying({ ...stores, file })).toMatchObject({ isWhole: true, position: 2 });
  });

  it("is refused of a file that is none, or was put back from a backup", async () => {
    await using stores = await prepared();
    await expect(copying({ ...stores, file: `${stores.file}.none` })).rejects.toThrow(
      "There is no database file",
    );
    rmSync(`${stores.file}.instance`);
    await expect(copying(stores)).rejects.toThrow("start a gateway on it once");
  });
});
