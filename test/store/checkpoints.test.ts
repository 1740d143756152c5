import { join } from "node:path";
import { setImmediate as turn } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { startCheckpoints } from "../../src/store/sqlite/checkpoints.ts";
import { openWriter } from "../../src/store/sqlite/connection.ts";
import { temporaryFolder } from "./open.ts";

const limits = { checkpointBytes: 1024 * 1024, largeWalBytes: 2 * 1024 * 1024 };

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
  const frames = client.prepare<[], { readonly log: number; readonly checkpointed: number }>(
    "pragma wal_checkpoint(noop)",
  );
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
});
