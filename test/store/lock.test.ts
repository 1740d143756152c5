import Database from "better-sqlite3";
import { existsSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { lockStore, StoreInUseError } from "../../src/store/sqlite/lock.ts";
import { told } from "./deliveries.ts";
import { openStoreIn, openTestStore, temporaryFolder } from "./open.ts";

it("the lock is tried for so long that of two who come at the same moment one has it", () => {
  using folder = temporaryFolder();
  const file = join(folder.path, "issuewire.db");
  const began = performance.now();
  {
    using _lock = lockStore(file);
    expect(() => lockStore(file)).toThrow(StoreInUseError);
  }
  expect(performance.now() - began).toBeGreaterThan(100);
  lockStore(file)[Symbol.dispose]();
});

it("a lock is not in place where its file was replaced before it was had", () => {
  using folder = temporaryFolder();
  const file = join(folder.path, "issuewire.db");
  const exec = vi.spyOn(Database.prototype, "exec").mockImplementationOnce(function (
    this: Database.Database,
    sql,
  ) {
    writeFileSync(`${file}.new`, "");
    renameSync(`${file}.new`, `${file}.lock`);
    return this.exec(sql);
  });
  using lock = lockStore(file);
  exec.mockRestore();
  expect(lock.isInPlace()).toBe(false);
});

it("a gateway waits for the moment that a command has the store", async () => {
  using folder = temporaryFolder();
  const file = join(folder.path, "issuewire.db");
  const command = lockStore(file);
  const opening = openStoreIn(file);
  command[Symbol.dispose]();
  await using store = await opening;
  expect(await store.append(told())).toMatchObject({ outcome: "APPLIED" });
});

describe("a lock whose file is deleted beneath a gateway, as one that was left over might be", () => {
  it("is taken again, so that no other gateway starts", async () => {
    await using store = await openTestStore();
    rmSync(`${store.file}.lock`);
    await vi.waitFor(() => expect(existsSync(`${store.file}.lock`)).toBe(true), { timeout: 10_000 });
    expect(() => lockStore(store.file)).toThrow(StoreInUseError);
    expect(await store.append(told())).toMatchObject({ outcome: "APPLIED" });
  });

  it("ends the gateway where another process has it by then", async () => {
    const onEnd = vi.fn();
    await using store = await openTestStore({ onEnd });
    rmSync(`${store.file}.lock`);
    using _other = lockStore(store.file);
    await vi.waitFor(() => expect(onEnd).toHaveBeenCalled(), { timeout: 10_000 });
    expect(onEnd.mock.calls).toEqual([["another process has the store"]]);
    expect(await store.canWrite()).toBe(false);
  });
});
