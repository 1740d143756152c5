import Database from "better-sqlite3";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import type { Report } from "../../src/observability/report.ts";
import { backUpSqlite } from "../../src/store/sqlite/backup.ts";
import { readInstance } from "../../src/store/sqlite/instance.ts";
import { openSqliteMaintenance } from "../../src/store/sqlite/maintenance.ts";
import type { Store } from "../../src/store/store.ts";
import { at, told } from "./deliveries.ts";
import { openStoreIn, silentReport, temporaryFolder } from "./open.ts";

const newestIn = (file: string) => readInstance(`${file}.instance`)?.newest;
const boundsOf = (store: Store) => store.reader.bounds();

/** Puts a backup back as SQLite's own `.restore` does, which is a transaction like any other. */
async function putBack(backup: string, file: string): Promise<void> {
  const source = new Database(backup, { readonly: true });
  await source.backup(file);
  source.close();
}

/** A gateway's store whose log goes on after a backup was made of it. */
async function openWithBackup() {
  await using opened = new AsyncDisposableStack();
  const folder = opened.use(temporaryFolder());
  const [file, backup] = [join(folder.path, "issuewire.db"), join(folder.path, "backup.db")];
  const onEnd = vi.fn();
  const store = opened.use(await openStoreIn(file, { onEnd }));
  await store.append(told({ issue: "1" }));
  await backUpSqlite({ file, to: backup, onProgress: () => {} });
  for (const issue of ["2", "3"]) await store.append(told({ issue }));
  const running = opened.move();
  return { file, backup, store, onEnd, [Symbol.asyncDispose]: () => running.disposeAsync() };
}

describe("a database that SQLite puts back beneath a gateway", () => {
  it("ends it, which says so once and gives out no position again", async () => {
    await using gateway = await openWithBackup();
    const { file, backup, store, onEnd } = gateway;
    await putBack(backup, file);
    for (const issue of ["4", "5"])
      await expect(store.append(told({ issue }))).rejects.toThrow("restored or replaced");
    await vi.waitFor(() => expect(onEnd).toHaveBeenCalled(), { timeout: 10_000 });
    expect(await store.canWrite()).toBe(false);
    expect((await boundsOf(store)).newest).toBe(1);
    await store[Symbol.asyncDispose]();
    expect(onEnd).toHaveBeenCalledTimes(1);
  });

  it("ends it though no webhook comes, and begins a new epoch when it is started anew", async () => {
    await using gateway = await openWithBackup();
    const { file, backup, store, onEnd } = gateway;
    const { epoch } = await boundsOf(store);
    // The newest positions may not be in the file beside the database yet.
    await putBack(backup, file);
    await vi.waitFor(() => expect(onEnd).toHaveBeenCalled(), { timeout: 10_000 });
    await store[Symbol.asyncDispose]();
    expect(newestIn(file)).toBe(3);
    const restored = vi.fn<Report["restored"]>();
    await using again = await openStoreIn(file, { report: { ...silentReport(), restored } });
    expect(restored).toHaveBeenCalledOnce();
    expect((await boundsOf(again)).epoch).not.toBe(epoch);
    expect(await again.append(told({ issue: "4" }))).toMatchObject({ outcome: "APPLIED" });
  });

  it("ends it where it is another gateway's, however far its log has come", async () => {
    await using gateway = await openWithBackup();
    using folder = temporaryFolder();
    const other = join(folder.path, "other.db");
    {
      await using store = await openStoreIn(other);
      for (let issue = 0; issue < 9; issue += 1) await store.append(told({ issue: String(issue) }));
    }
    await putBack(other, gateway.file);
    await expect(gateway.store.append(told({ issue: "4" }))).rejects.toThrow("restored or replaced");
    await vi.waitFor(() => expect(gateway.onEnd).toHaveBeenCalled(), { timeout: 10_000 });
  });
});

describe("a database that is written beneath a gateway", () => {
  it("is the same whatever commands take away of what is newest", async () => {
    await using gateway = await openWithBackup();
    const { file, store, onEnd } = gateway;
    await store.append(told({ issue: "4", action: "resolved", status: "resolved" }));
    await using commands = await openSqliteMaintenance(file);
    await commands.dropBodies(at(200_000), at(200_000));
    expect(await commands.dropClosedIssues(at(200_000))).toBe(1);
    expect(await store.append(told({ issue: "5" }))).toMatchObject({ position: 5 });
    expect(await commands.forgetIssue("5", at(0))).toBe(true);
    while ((await commands.eraseSetAside()) > 0);
    await commands.compact();
    const other = new Database(file);
    other.exec("vacuum");
    other.close();
    expect(await store.append(told({ issue: "6" }))).toMatchObject({ position: 7 });
    await vi.waitFor(() => expect(newestIn(file)).toBe(7), { timeout: 10_000 });
    expect(onEnd).not.toHaveBeenCalled();
  });

  it("is the same where its own retention drops what is newest", async () => {
    using folder = temporaryFolder();
    const file = join(folder.path, "issuewire.db");
    const onEnd = vi.fn();
    {
      await using store = await openStoreIn(file);
      // Long ago by the clock, which the thread goes by that drops it.
      await store.append(told({ issue: "1", action: "resolved", status: "resolved", at: -1_000_000_000 }));
    }
    await using store = await openStoreIn(file, { onEnd, retention: { rawDays: 1, eventsDays: 1 } });
    await expect.poll(async () => (await store.reader.issues(["1"])).size, { timeout: 10_000 }).toBe(0);
    expect(await store.append(told({ issue: "2" }))).toMatchObject({ position: 2 });
    await vi.waitFor(() => expect(newestIn(file)).toBe(2), { timeout: 10_000 });
    expect(onEnd).not.toHaveBeenCalled();
  });
});

describe("an instance file that cannot be written", () => {
  it("is told of as what it is, and not as a store that cannot write", async () => {
    using folder = temporaryFolder();
    const file = join(folder.path, "issuewire.db");
    const [positionNotNoted, storeFailed] = [vi.fn(), vi.fn()];
    {
      await using store = await openStoreIn(file, {
        report: { ...silentReport(), positionNotNoted, storeFailed },
      });
      mkdirSync(`${file}.instance.new`);
      await store.append(told());
      expect(await store.canWrite()).toBe(true);
    }
    expect(newestIn(file)).toBe(0);
    expect(String(positionNotNoted.mock.lastCall?.[0])).toContain(`${file}.instance cannot be written`);
    expect(storeFailed).not.toHaveBeenCalled();
  });
});
