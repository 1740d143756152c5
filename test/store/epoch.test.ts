import { expect, it } from "vitest";
import { StorageUnavailableError } from "../../src/domain/failure.ts";
import type { LogEntry } from "../../src/domain/event.ts";
import { watchEpoch } from "../../src/store/postgres/epoch.ts";

it("entries of which it cannot be known any more whether they are of this epoch could not be read: the store is away", async () => {
  const query = () => Promise.reject(new Error("the connection is gone"));
  await using epoch = watchEpoch({ query }, "epoch", () => {});
  const entriesAfter = epoch.ofFirst(() => Promise.resolve([{} as LogEntry]));
  await expect(entriesAfter(0, 1)).rejects.toThrow(StorageUnavailableError);
});
