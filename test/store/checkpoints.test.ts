import Database from "better-sqlite3";
import { join } from "node:path";
import { setImmediate as turn } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { startCheckpoints } from "../../src/store/sqlite/checkpoints.ts";
import { openWriter } from "../../src/store/sqlite/connection.ts";
import { at } from "./deliveries.ts";
import { openStoreIn, temporaryFolder } from "./open.ts";

const limits = { checkpointBytes: 1024 * 1024, largeWalBytes: 2 * 1024 * 1024 };

type Frames = { readonly log: number; readonly checkpointed: number };

/** Fills the file with so many deliveries of long ago, of some 1 kB each. */
function fill(file: string, count: number): void {
  const { client } = openWriter(file);
  client.exec(`
    create temp table made as
      with recursive ids(id) as (select 1 union all select id + 1 from ids where id < ${count}) select id from ids;
    insert into deliveries (id, position, received_at, sent_at, is_request_id_reused, outcome, sha256, bytes)
      select id, 0, ${at(-1_000_000_000)}, 0, 0, 'IGNORED', randomblob(32), 1000 from made;
    insert into contents (delivery, body) select id, randomblob(1000) from made;
  `);
  client.close();
}

/** A database that is written to, and how much of its WAL is in use. */
function openWritten() {
  using opened = new DisposableStack();
  const folder = opened.use(temporaryFolder());
  const file = join(folder.path, "issuewire.db");
  const connection = openWriter(file);
  opened.defer(() => connection.client.close());
  const { client } = connection;
  client.pragma("wal_autocheckpoint = 0");
  client.exec("create table written (bytes blob)");
  const insert = client.prepare<[number]>("insert into written values (zeroblob(?))");
  const frames = client.prepare<[], Frames>("pragma wal_checkpoint(noop)");
  const running = opened.move();
  return {
    connection,
    file,
    commit: (bytes: number) => void insert.run(bytes),
    frames: () => frames.get()!,
    [Symbol.dispose]: () => running.dispose(),
  };
}

describe("checkpoints", () => {
  it("leave a commit what it is where SQLite does not say how large the WAL is", async () => {
    using database = openWritten();
    const { client, db } = database.connection;
    const get = () => {
      throw new Database.SqliteError("disk I/O error", "SQLITE_IOERR_SHMMAP");
    };
    const prepare = (text: string) => (text.includes("noop") ? { get } : client.prepare(text));
    const failing = Object.create(client, { prepare: { value: prepare } }) as Database.Database;
    await using checkpoints = startCheckpoints({ client: failing, db }, database.file, limits);
    for (let commit = 0; commit < 100; commit += 1) {
      database.commit(1_000);
      checkpoints.committed();
    }
  });

  it("keep the WAL from growing for ever under a load that never pauses", async () => {
    using written = openWritten();
    await using checkpoints = startCheckpoints(written.connection, written.file, limits);
    let hasBegunAnew = false;
    for (let before = 0; !hasBegunAnew;) {
      written.commit(100_000);
      checkpoints.committed();
      await turn();
      const { log } = written.frames();
      expect(log * 4096).toBeLessThan(100 * limits.largeWalBytes);
      hasBegunAnew = log < before;
      before = log;
    }
  });

  it("are not made because the file was large once: SQLite writes over it from its beginning", async () => {
    using written = openWritten();
    while (written.frames().log * 4096 < 2 * limits.largeWalBytes) written.commit(100_000);
    written.connection.client.pragma("wal_checkpoint(passive)");
    {
      await using checkpoints = startCheckpoints(written.connection, written.file, limits);
      for (let commits = 0; commits < 96; commits += 1) {
        written.commit(100);
        checkpoints.committed();
      }
      expect(written.frames()).toEqual({ busy: 0, log: expect.any(Number), checkpointed: 0 });
      expect(written.frames().log * 4096).toBeLessThan(limits.checkpointBytes);
    }
  });

  it.each([
    ["is packed while nothing comes in", {}],
    ["is dropped while nothing comes in", { retention: { rawDays: 1, eventsDays: null } }],
  ])("are made of what %s", async (_, options) => {
    using folder = temporaryFolder();
    const file = join(folder.path, "issuewire.db");
    fill(file, 24_000);
    await using _store = await openStoreIn(file, options);
    const client = new Database(file);
    using _closing = { [Symbol.dispose]: () => void client.close() };
    const frames = client.prepare<[], Frames>("pragma wal_checkpoint(noop)");
    await expect.poll(() => frames.get()!.checkpointed).toBeGreaterThan(0);
  });

  it("are SQLite's own where no thread can be had, and what was committed stays so", async () => {
    using written = openWritten();
    const unsendable = Symbol("a file that no thread can be told") as unknown as string;
    await using checkpoints = startCheckpoints(written.connection, unsendable, limits);
    for (let commits = 0; commits < 96; commits += 1) {
      written.commit(100_000);
      checkpoints.committed();
    }
    expect(written.frames().log * 4096).toBeLessThan(5_000_000);
  });
});
