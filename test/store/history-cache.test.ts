import { hash } from "node:crypto";
import { join } from "node:path";
import { expect, it } from "vitest";
import type { IncomingDelivery } from "../../src/domain/delivery.ts";
import { startWalk } from "../../src/domain/walk.ts";
import { Measurer } from "../../src/domain/measures.ts";
import { readBody, readPayload } from "../../src/sentry/payload.ts";
import { pastTraffic } from "../../src/simulate/traffic.ts";
import { unapplied, writeBatch } from "../../src/store/batch/batch.ts";
import { examineHistories } from "../../src/store/doctor/histories.ts";
import { createRequestIds } from "../../src/store/request-ids.ts";
import { openWriter } from "../../src/store/sqlite/connection.ts";
import { prepareTransaction } from "../../src/store/sqlite/transaction.ts";
import * as tables from "../../src/store/tables/sqlite.ts";
import { createHistoryCache, type HistoryCache } from "../../src/store/history-cache.ts";
import { told } from "./deliveries.ts";
import { temporaryFolder } from "./open.ts";

const [from, to] = [Date.UTC(2026, 0, 1), Date.UTC(2026, 0, 31)];

/** Late ones, repeated ones and such as were sent again hours later among them. */
const deliveries = Array.from(
  pastTraffic({ seed: 5, secret: "x", issues: 120, from, to }),
  ({ body: sent, dueAt }, index): IncomingDelivery => {
    // One in five names no project.
    const body = index % 5 === 0 ? withoutProject(sent) : sent;
    const { reading, ...row } = readPayload(body);
    const shownAt = reading.is === "issue" ? Math.floor((reading.issue.lastSeen ?? 0) / 1000) : dueAt;
    return {
      ...row,
      body,
      reading,
      sha256: hash("sha256", body),
      receivedAt: dueAt,
      // One in seven is stamped as if it had been held back.
      sentAt: index % 7 === 0 ? shownAt : dueAt,
      requestId: null,
      idempotencyKey: null,
    };
  },
);

function withoutProject(body: Buffer): Buffer {
  const { data, ...rest } = JSON.parse(String(body)) as { readonly data: { readonly issue?: object } };
  return Buffer.from(JSON.stringify({ ...rest, data: { ...data, issue: { ...data.issue, project: null } } }));
}

/** Every row that is derived from the deliveries, written in batches of many sizes; fails unless it is what they tell. */
async function written(historyCache: HistoryCache): Promise<readonly (readonly unknown[])[]> {
  using folder = temporaryFolder();
  const connection = openWriter(join(folder.path, "issuewire.db"));
  const { client, db } = connection;
  const transaction = prepareTransaction(connection);
  const requestIds = createRequestIds([]);
  for (let at = 0, size = 1; at < deliveries.length; at += size, size = (size * 3) % 17) {
    client.exec("begin immediate");
    await writeBatch(transaction, deliveries.slice(at, at + size), {
      historyCache,
      requestIds,
      read: readBody,
      committedAt: ({ receivedAt }) => receivedAt,
      onFault(error) {
        throw error;
      },
    });
    client.exec("commit");
  }
  const differences = await examineHistories({
    db,
    tables,
    onProgress: () => {},
    howToRebuild: "",
    newestPosition: () => Promise.reject(new Error("Asked of the log alone.")),
  });
  expect(differences).toEqual([]);
  // Doctor leaves these out, for only bodies tell them, and those may be pruned.
  const shown = client
    .prepare<[], { readonly details: string; readonly body: Buffer }>(
      "select details, body from issues join contents on delivery = shown",
    )
    .all();
  const told = shown.map(({ body }) => readBody(body)).map((one) => one.is === "issue" && one.issue.snapshot);
  expect(shown.map(({ details }) => details)).toEqual(told.map((one) => one && one.written.details));
  const rows = ["deliveries", "events", "issues", "projects"].map((table) =>
    client.prepare(`select * from ${table} order by 1`).all(),
  );
  client.close();
  return rows;
}

it("writes the same whether histories are held whole, without their beginning, or hardly at all", async () => {
  const whole = await written(createHistoryCache(Infinity, { most: Infinity, left: Infinity }));
  // There are histories, and some were corrected.
  expect(whole[1]).toContainEqual(expect.objectContaining({ superseded_by: expect.any(Number) }));
  expect(whole[2]!.length).toBeGreaterThan(100);
  expect(await written(createHistoryCache(Infinity, { most: 3, left: 1 }))).toEqual(whole);
  expect(await written(createHistoryCache(1, { most: 2, left: 2 }))).toEqual(whole);
});

it("keeps what a fault of this program leaves unapplied, says so, and derives that issue's history anew", async () => {
  using folder = temporaryFolder();
  const connection = openWriter(join(folder.path, "issuewire.db"));
  const { client } = connection;
  const transaction = prepareTransaction(connection);
  const historyCache = createHistoryCache();
  const faults: unknown[] = [];
  const write = async (...batch: readonly IncomingDelivery[]) => {
    client.exec("begin immediate");
    const { receipts } = await writeBatch(transaction, batch, {
      historyCache,
      requestIds: createRequestIds([]),
      read: readBody,
      committedAt: ({ receivedAt }) => receivedAt,
      onFault: (error) => faults.push(error),
    });
    client.exec("commit");
    return receipts.map(({ outcome }) => outcome);
  };
  expect(await write(told())).toEqual(["APPLIED"]);
  Object.assign(historyCache.get("1")!.walk, { repeats: null });
  const outcomes = await write(
    told({ action: "assigned", at: 30 }),
    told({ action: "resolved", status: "resolved", at: 60 }),
  );
  expect([outcomes, faults]).toEqual([["QUARANTINED", "APPLIED"], [expect.any(TypeError)]]);
  const reasons = client.prepare("select reason from deliveries order by id").pluck().all();
  const kept = client.prepare("select count(body) from contents").pluck().get();
  expect([reasons, kept]).toEqual([[null, unapplied.reason, null], 3]);
  client.close();
});

it("writes anew what is measured of those events alone that a late delivery may change", async () => {
  using folder = temporaryFolder();
  const connection = openWriter(join(folder.path, "issuewire.db"));
  const { client } = connection;
  const transaction = prepareTransaction(connection);
  const historyCache = createHistoryCache(Infinity, { most: Infinity, left: Infinity });
  let rewritten = 0;
  const write = async (batch: readonly IncomingDelivery[]) => {
    rewritten = 0;
    client.exec("begin immediate");
    await writeBatch(
      {
        ...transaction,
        async measure(writes) {
          rewritten += writes.length;
          await transaction.measure(writes);
        },
      },
      batch,
      {
        historyCache,
        requestIds: createRequestIds([]),
        read: readBody,
        committedAt: ({ receivedAt }) => receivedAt,
        onFault(error) {
          throw error;
        },
      },
    );
    client.exec("commit");
  };
  await write(
    Array.from({ length: 100 }, (_, index) => told({ action: "assigned", at: index * 60, count: index })),
  );
  expect(rewritten).toBe(0);
  await write([told({ action: "assigned", at: 97 * 60 - 30, count: 96, title: "late" })]);
  expect(rewritten).toBe(3);
  client.close();
});

it("forgets the history that was not used for the longest once there are too many, and what it is told to", () => {
  const historyCache = createHistoryCache(2);
  const hold = (issueId: string) =>
    historyCache.set(issueId, {
      walk: startWalk([]),
      lastSeq: null,
      project: { projectId: null, projectSlug: null },
      measurer: new Measurer(),
      settled: new Measurer(),
    });
  const held = () => ["a", "b", "c"].filter((issueId) => historyCache.get(issueId) !== undefined);
  for (const issueId of ["a", "b", "b"]) hold(issueId);
  historyCache.get("a");
  hold("c");
  expect(held()).toEqual(["a", "c"]);
  historyCache.forget(["c"]);
  hold("b");
  expect(held()).toEqual(["a", "b"]);
});

it("holds a long history in little more memory than a short one", async () => {
  const historyCache = createHistoryCache(Infinity, { most: 6, left: 2 });
  await written(historyCache);
  const ids = deliveries.flatMap(({ reading }) =>
    reading.is === "issue" ? [reading.issue.snapshot.sentryId] : [],
  );
  const longest = Math.max(...ids.map((id) => historyCache.get(id)?.walk.stops.length ?? 0));
  expect(
    Math.max(
      ...Map.groupBy(ids, (id) => id)
        .values()
        .map(({ length }) => length),
    ),
  ).toBeGreaterThan(12);
  expect(longest).toBeGreaterThan(2);
  expect(longest).toBeLessThanOrEqual(6);
});
