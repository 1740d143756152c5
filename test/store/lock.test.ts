import { join } from "node:path";
import { expect, it } from "vitest";
import { lockStore, StoreInUseError } from "../../src/store/sqlite/lock.ts";
import { temporaryFolder } from "./open.ts";

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
