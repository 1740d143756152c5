import { setImmediate } from "node:timers/promises";
import { expect, it } from "vitest";
import { told } from "./deliveries.ts";
import { openReplica, temporarySchema } from "./open-postgres.ts";

const everything = { filter: {}, now: 0 } as const;

it("answers what takes long in more read transactions than there are connections, and beside them", async () => {
  await using schema = await temporarySchema();
  await using store = await openReplica(schema.url);
  await store.append(told({ issue: "1", at: 0 }));
  const begun = Array.from({ length: 12 }, () => store.readTransaction());
  // As many as ever are at once; they ask only when others have what they need besides.
  await Promise.all(begun.slice(0, 6));
  const beside = Array.from({ length: 4 }, () => store.reader.issueCount(everything));
  for (let turn = 0; turn < 10; turn += 1) await setImmediate();
  const counts = begun.map(async (transaction) => {
    await using one = await transaction;
    return one.issueCount(everything);
  });
  expect(await Promise.all([...beside, ...counts])).toEqual(Array(16).fill(1));
});
