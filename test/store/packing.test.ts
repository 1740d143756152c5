import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readBody } from "../../src/sentry/payload.ts";
import { contentsIn, packBytes } from "../../src/store/pack.ts";
import { openWriter } from "../../src/store/sqlite/connection.ts";
import { examineSqlite } from "../../src/store/sqlite/doctor.ts";
import { leftUnpacked, packing, packOldest } from "../../src/store/sqlite/packing.ts";
import { rebuildSqlite } from "../../src/store/sqlite/rebuild.ts";
import * as tables from "../../src/store/tables/sqlite.ts";
import { told, webhook } from "./deliveries.ts";
import { openInMemory } from "./in-memory.ts";
import { openStoreIn, temporaryFolder } from "./open.ts";

const deliveries = [
  ...Array.from({ length: 150 }, (_, index) =>
    told({ issue: String(index % 30), at: index, title: `日本 ${index}` }),
  ),
  webhook("rubbish"),
  webhook({ action: "created", data: { comment: 1 } }),
];
const ids = deliveries.map((_, index) => index + 1);
const issues = Array.from({ length: 30 }, (_, index) => String(index));

/** A closed store that holds the deliveries above. */
async function fill(file: string): Promise<void> {
  await using store = await openStoreIn(file);
  for (const delivery of deliveries) await store.append(delivery);
}

/** Packs all but the newest 10 of them. */
function pack(file: string): number {
  const connection = openWriter(file);
  try {
    return packOldest(connection, 100, 10);
  } finally {
    connection.client.close();
  }
}

async function answers(file: string) {
  await using store = await openStoreIn(file);
  const { reader } = store;
  return {
    bodies: await reader.bodies(ids),
    snapshots: await reader.snapshots(ids),
    raw: await reader.rawIssues(issues),
    log: await reader.entriesAfter(0, 1_000),
  };
}

describe("packing, while there is time", () => {
  it("takes two full packs of the oldest at a time, as long as there are any, and none of the newest", () => {
    using database = openInMemory();
    const { client } = database;
    const task = packing(database);
    expect([task.waiting(), task.slice()]).toEqual([0, false]);
    const insert = client.prepare("insert into contents (delivery, body, fields) values (?, x'00', null)");
    const count = 3 * 64 + 10 + leftUnpacked;
    client.transaction(() => {
      for (let delivery = 1; delivery <= count; delivery += 1) insert.run(delivery);
    })();
    const left = () => client.prepare("select min(delivery) from contents").pluck().get();
    expect([task.waiting(), left()]).toEqual([3 * 64 + 9, 1]);
    expect([task.slice(), task.waiting(), left()]).toEqual([true, 64 + 9, 2 * 64 + 1]);
    expect([task.slice(), task.waiting(), left()]).toEqual([true, 9, 3 * 64 + 1]);
    expect([task.slice(), left()]).toEqual([false, 3 * 64 + 1]);
    insert.run(count + 53);
    expect([task.slice(), left()]).toEqual([false, 3 * 64 + 1]);
    insert.run(count + 54);
    expect([task.slice(), left()]).toEqual([true, 4 * 64 + 1]);
    const packs = client.prepare("select first, last from packs order by first").raw().all();
    expect(packs).toEqual([1, 65, 129, 193].map((first) => [first, first + 63]));
    expect(client.prepare("select max(delivery) from contents").pluck().get()).toBe(count + 54);
  });

  it("takes a large body alone, as the last of a slice", () => {
    using database = openInMemory();
    const { client } = database;
    const insert = client.prepare(
      "insert into contents (delivery, body, fields) values (?, zeroblob(?), '{}')",
    );
    const large = [4, 10, 11];
    client.transaction(() => {
      for (let delivery = 1; delivery <= 20 + leftUnpacked; delivery += 1)
        insert.run(delivery, large.includes(delivery) ? 3 * packBytes : 10);
    })();
    const task = packing(database);
    const packed = () => client.prepare("select first, last from packs order by first").raw().all();
    expect([task.slice(), packed()]).toEqual([true, [[1, 3], [4, 4]]]); // prettier-ignore
    expect([task.slice(), packed()]).toEqual([true, [[1, 3], [4, 4], [5, 9], [10, 10]]]); // prettier-ignore
    expect([task.slice(), packed().at(-1)]).toEqual([true, [11, 11]]);
    expect([task.slice(), packed().length]).toEqual([false, 5]);
  });

  it("packs nothing of what another process erases meanwhile", async () => {
    using folder = temporaryFolder();
    const file = join(folder.path, "a.db");
    await fill(file);
    const connection = openWriter(file);
    const other = openWriter(file);
    // At the last moment in which another process can write.
    const client = Object.create(connection.client, {
      transaction: {
        value(work: () => unknown) {
          other.client.exec("delete from contents where delivery in (1, 70)");
          return connection.client.transaction(work);
        },
      },
    }) as typeof connection.client;
    expect(packOldest({ ...connection, client }, 100, 10)).toBe(2);
    const packs = connection.db.select().from(tables.packs).all();
    const packed = packs.flatMap((pack) => contentsIn(pack).map(({ delivery }) => delivery));
    expect([packed.includes(1), packed.includes(70), packed.length]).toEqual([false, false, 128]);
    other.client.close();
    connection.client.close();
  });
});

const examine = (file: string) => examineSqlite({ file, onProgress: () => {} });

describe("deliveries that are packed", () => {
  it("are read as before, byte for byte", async () => {
    using folder = temporaryFolder();
    const file = join(folder.path, "a.db");
    await fill(file);
    const before = await answers(file);
    expect([pack(file), pack(file)]).toEqual([2, 0]);
    expect(await answers(file)).toEqual(before);
    expect(before.bodies.size).toBe(deliveries.length);
  });

  it.each([
    ["packed", (connection: ReturnType<typeof openWriter>) => packOldest(connection, 100, 0)],
    [
      "dropped for their age",
      ({ client }: ReturnType<typeof openWriter>) => client.exec("update contents set body = null"),
    ],
  ] as const)("are shown again with a project that is named late, where they are %s", async (_, change) => {
    using folder = temporaryFolder();
    const file = join(folder.path, "a.db");
    {
      await using store = await openStoreIn(file);
      await store.append(told({ at: 0, project: null }));
      await store.append(told({ action: "resolved", status: "resolved", project: null, count: 3, at: 20 }));
    }
    const connection = openWriter(file);
    change(connection);
    connection.client.close();
    await using store = await openStoreIn(file);
    await store.append(told({ action: "assigned", at: 21, lastSeen: 10, count: 2 }));
    expect((await store.reader.issues(["1"])).get("1")).toMatchObject({
      shown: 2,
      fields: { count: 3, project: { slug: "web" } },
    });
  });

  it("are examined by doctor, and told where one is damaged or cannot be read", async () => {
    using folder = temporaryFolder();
    const file = join(folder.path, "a.db");
    await fill(file);
    pack(file);
    expect(await examine(file)).toEqual([]);
    const { client } = openWriter(file);
    client.exec("update packs set data = cast(substr(data, 1, 50) as blob) where first = 1");
    client.exec("update deliveries set sha256 = x'00' where id = 100");
    client.close();
    expect((await examine(file)).map(({ problem }) => problem).slice(0, 2)).toEqual([
      expect.stringContaining("What deliveries 1 to 64 held cannot be read"),
      expect.stringContaining("The body of delivery 100 is not what was received"),
    ]);
  });

  it("are derived from again by rebuild, which keeps what a newer version reads in them", async () => {
    using folder = temporaryFolder();
    const file = join(folder.path, "a.db");
    await fill(file);
    pack(file);
    const before = await answers(file);
    const renamed = (body: Uint8Array) =>
      readBody(Buffer.from(Buffer.from(body).toString().replace("日本 7", "neu 7")));
    await rebuildSqlite({
      file,
      read: renamed,
      onProgress: () => {},
      onFault: (error) => expect(error).toBeNull(),
    });
    const after = await answers(file);
    expect(after.bodies).toEqual(before.bodies);
    expect([7, 8].map((index) => after.snapshots.get(index + 1)?.title)).toEqual(["neu 7", "日本 8"]);
  });
});
