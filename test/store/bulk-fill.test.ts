import { copyFileSync, existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { IncomingDelivery } from "../../src/domain/delivery.ts";
import { tokenHash } from "../../src/http/access/token-text.ts";
import { readBody } from "../../src/sentry/payload.ts";
import { fill } from "../../src/simulate/fill.ts";
import { createTally } from "../../src/simulate/tally.ts";
import { pastTraffic } from "../../src/simulate/traffic.ts";
import { examineSqlite } from "../../src/store/sqlite/doctor.ts";
import { openSqliteBulkFill } from "../../src/store/sqlite/bulk-fill.ts";
import { openSqliteMaintenance } from "../../src/store/sqlite/maintenance.ts";
import { rebuildSqlite } from "../../src/store/sqlite/rebuild.ts";
import { at, told } from "./deliveries.ts";
import { openStoreIn, temporaryFolder } from "./open.ts";
import { openReader } from "../../src/store/sqlite/connection.ts";

const traffic = () => pastTraffic({ seed: 3, secret: "", issues: 60, from: at(0), to: at(10 * 86_400) });

const openFilling = (file: string) =>
  openSqliteBulkFill({ file, read: readBody, onFault: (error) => expect(error).toBeUndefined() });

/** Fills the store with the traffic, and hands each delivery to `also`. */
async function fillWith(file: string, also: (delivery: IncomingDelivery) => void = () => {}) {
  using filling = openFilling(file);
  const tally = createTally();
  const ending = await fill({
    webhooks: traffic(),
    filling: {
      ...filling,
      append(batch) {
        batch.forEach(also);
        return filling.append(batch);
      },
      [Symbol.dispose]() {},
    },
    tally,
    count: null,
    durationMs: null,
    signal: new AbortController().signal,
    onDue() {},
    onFinishing() {},
  });
  return { ending, counts: tally.counts() };
}

/** All rows of a table, but for columns that say when the gateway wrote them. */
function rowsIn(file: string, table: string): readonly unknown[] {
  const { client } = openReader(file);
  try {
    return client
      .prepare<[], Record<string, unknown>>(`select * from ${table}`)
      .all()
      .map(({ committed_at: _at, ...row }) => row);
  } finally {
    client.close();
  }
}

describe("a store that is filled", () => {
  it("holds what it would hold if each delivery had been received, and its indexes", async () => {
    using folder = temporaryFolder();
    const [filled, received] = [join(folder.path, "filled.db"), join(folder.path, "received.db")];
    const deliveries: IncomingDelivery[] = [];
    const { ending, counts } = await fillWith(filled, (delivery) => deliveries.push(delivery));
    expect(ending).toEqual({ is: "finished" });
    expect(counts.sent).toBe(deliveries.length);
    {
      await using store = await openStoreIn(received);
      for (let from = 0; from < deliveries.length; from += 100)
        await Promise.all(deliveries.slice(from, from + 100).map(store.append));
    }
    for (const table of ["deliveries", "contents", "events", "issues", "projects"])
      expect(rowsIn(filled, table)).toEqual(rowsIn(received, table));
    const schema = (file: string) =>
      rowsIn(file, "sqlite_schema")
        .map((row) => (row as { readonly sql: string | null }).sql ?? "")
        .toSorted();
    expect(schema(filled)).toEqual(schema(received));
    expect(await examineSqlite({ file: received, onProgress() {} })).toEqual([]);
    await using store = await openStoreIn(filled);
    expect((await store.append(told({ at: 0 }))).delivery).toBe(deliveries.length + 1);
  });

  it("is well, and can be derived again, before a gateway was ever started on it", async () => {
    using folder = temporaryFolder();
    const file = join(folder.path, "issuewire.db");
    await fillWith(file);
    const examined = () => examineSqlite({ file, onProgress() {} });
    expect(await examined()).toEqual([]);
    const issues = rowsIn(file, "issues").length;
    await rebuildSqlite({
      file,
      read: readBody,
      onProgress() {},
      onFault: (error) => expect(error).toBeNull(),
    });
    expect(rowsIn(file, "issues")).toHaveLength(issues);
    expect(await examined()).toEqual([]);
    await using store = await openStoreIn(file);
    expect((await store.reader.bounds()).epoch).toMatch(/^[a-z0-9]{16}$/);
  });

  it("is refused beside a gateway, and where there are deliveries", async () => {
    using folder = temporaryFolder();
    const file = join(folder.path, "a.db");
    {
      await using store = await openStoreIn(file);
      expect(() => openFilling(file)).toThrow("Another process is using");
      await store.append(told());
    }
    expect(() => openFilling(file)).toThrow("already holds deliveries");
  });

  it("keeps the tokens that were made before, those too that a process which was killed left in the WAL", async () => {
    using folder = temporaryFolder();
    const file = join(folder.path, "a.db");
    {
      await using commands = await openSqliteMaintenance(join(folder.path, "open.db"));
      await commands.tokens.add({
        name: "board",
        sha256: tokenHash("text"),
        scope: "read",
        projects: ["7"],
        createdAt: 1,
        expiresAt: null,
      });
      for (const suffix of ["", "-wal"])
        copyFileSync(join(folder.path, `open.db${suffix}`), `${file}${suffix}`);
    }
    const before = rowsIn(file, "tokens");
    await fillWith(file);
    expect(existsSync(`${file}-wal`)).toBe(false);
    expect(rowsIn(file, "tokens")).toEqual(before);
    expect(before).toHaveLength(1);
  });

  it("waits for who has the former file open before it takes its place", async () => {
    using folder = temporaryFolder();
    const file = join(folder.path, "a.db");
    await (await openSqliteMaintenance(file))[Symbol.asyncDispose]();
    using filling = openFilling(file);
    await filling.append([told()]);
    const reading = openReader(file);
    const finished = filling.finish();
    reading.client.close();
    await finished;
    expect(rowsIn(file, "deliveries")).toHaveLength(1);
  });

  it("leaves nothing behind when it breaks off", async () => {
    using folder = temporaryFolder();
    const file = join(folder.path, "a.db");
    {
      using filling = openFilling(file);
      await filling.append([told()]);
    }
    expect([existsSync(file), existsSync(`${file}.filling`)]).toEqual([false, false]);
  });
});
