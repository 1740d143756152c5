import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import type { DeliveryFilter } from "../../src/store/reader.ts";
import { openReader, openWriter } from "../../src/store/sqlite/connection.ts";
import { readerOf } from "../../src/store/sqlite/reader.ts";
import { temporaryFolder } from "./open.ts";

const folder = temporaryFolder();
const file = join(folder.path, "issuewire.db");
afterAll(() => folder[Symbol.dispose]());

// More than lie between two questions whether to go on.
const { client } = openWriter(file);
client.exec(`
  with recursive n(i) as (select 1 union all select i + 1 from n where i < 600)
  insert into deliveries (id, position, received_at, sent_at, is_request_id_reused, outcome, sha256, bytes, resource)
  select i, 1, i, i, 0, 'IGNORED', x'00', 1, 'comment' from n;
`);
client.close();

it.each<readonly [string, DeliveryFilter]>([
  ["a resource that none has", { resource: ["none"] }],
  ["an outcome that none has", { outcome: ["APPLIED"], receivedAt: { gte: { at: 0 } } }],
])("lists and counts deliveries no further than it may: %s", async (_, filter) => {
  let mayGoOn = true;
  const connection = openReader(file, () => !mayGoOn);
  const reader = readerOf(connection, { issueObjectOf: () => null });
  const page = { from: "first", after: null, before: null, limit: 10, filter, now: 0 } as const;
  expect(await reader.deliveryPage(page)).toEqual({ rows: [], more: false });
  expect(await reader.deliveryCount({ filter, now: 0 })).toBe(0);
  mayGoOn = false;
  await expect(reader.deliveryPage(page)).rejects.toThrow();
  await expect(reader.deliveryCount({ filter, now: 0 })).rejects.toThrow();
  connection.client.close();
});
