import { existsSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, inject, it } from "vitest";
import { StorageUnavailableError } from "../../src/domain/failure.ts";
import { openWriter } from "../../src/store/sqlite/connection.ts";
import { makeFolderOf } from "../../src/store/sqlite/folder.ts";
import { told } from "./deliveries.ts";
import { openStoreIn, temporaryFolder } from "./open.ts";

describe("a store whose thread that writes ends through a fault", () => {
  it("says so once, keeps nothing more, and can be closed", async () => {
    using folder = temporaryFolder();
    const file = join(folder.path, "issuewire.db");
    openWriter(file).client.close();
    let ends = 0;
    {
      await using store = await openStoreIn(file, {
        threads: {
          read: pathToFileURL(join(inject("built"), "read-worker.js")),
          write: new URL("./dying-worker.ts", import.meta.url),
        },
        onEnd: () => (ends += 1),
      });
      await expect(store.append(told())).rejects.toThrow(StorageUnavailableError);
      await expect(store.append(told())).rejects.toThrow("The thread that writes has ended.");
      expect(await store.canWrite()).toBe(false);
    }
    expect(ends).toBe(1);
  });

  it("says nothing of an end that was asked for", async () => {
    using folder = temporaryFolder();
    let ends = 0;
    await using store = await openStoreIn(join(folder.path, "issuewire.db"), { onEnd: () => (ends += 1) });
    await store.append(told());
    await store[Symbol.asyncDispose]();
    expect(ends).toBe(0);
  });
});

describe("the folder of a database file", () => {
  it("is made with all that it lies in", () => {
    using folder = temporaryFolder();
    const inner = join(folder.path, "a", "b");
    makeFolderOf(join(inner, "issuewire.db"));
    expect(existsSync(inner)).toBe(true);
    makeFolderOf(join(inner, "issuewire.db"));
  });

  it.runIf(process.platform === "linux")("is refused where the system makes none, and at once", () => {
    expect(() => makeFolderOf("/proc/issuewire/deeper/issuewire.db")).toThrow("cannot be made");
  });
});
