import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { IncomingDelivery } from "../../src/domain/delivery.ts";
import { readBody, readPayload } from "../../src/sentry/payload.ts";
import { writeBatch } from "../../src/store/batch/batch.ts";
import { examineHistories } from "../../src/store/doctor/histories.ts";
import { createRequestIds } from "../../src/store/request-ids.ts";
import { openWriter } from "../../src/store/sqlite/connection.ts";
import { prepareTransaction } from "../../src/store/sqlite/transaction.ts";
import * as tables from "../../src/store/tables/sqlite.ts";
import { createHistoryCache } from "../../src/store/history-cache.ts";
import { anIssueBody, anIssueObject } from "../sentry/bodies.ts";
import { temporaryFolder } from "./open.ts";

/** A database, and a way to write what its issues show, batch by batch. */
function openShown() {
  const folder = temporaryFolder();
  const connection = openWriter(join(folder.path, "issuewire.db"));
  const { client, db } = connection;
  const transaction = prepareTransaction(connection);
  const historyCache = createHistoryCache(100);
  let minute = 0;

  function showing(fields: Fields): IncomingDelivery {
    minute += 1;
    const sentAt = Date.UTC(2026, 0, 1, 0, minute);
    const body = anIssueBody({ action: "created", issue: anIssueObject(fields) });
    const { reading, ...row } = readPayload(body);
    const rest = { requestId: null, idempotencyKey: null, receivedAt: sentAt, sentAt };
    return { ...rest, ...row, body, reading, sha256: minute.toString(16).padStart(64, "0") };
  }

  return {
    async write(shown: readonly Fields[], end: "commit" | "rollback" = "commit") {
      client.exec("begin immediate");
      await writeBatch(transaction, shown.map(showing), {
        historyCache,
        requestIds: createRequestIds([]),
        read: readBody,
        committedAt: ({ receivedAt }) => receivedAt,
        onFault(error) {
          throw error;
        },
      });
      client.exec(end);
      if (end === "rollback") historyCache.forget([anIssueObject()["id"] as string]);
    },
    title: () => client.prepare("select title from issues").pluck().get(),
    /** What of the issues is not what their deliveries show. */
    differences: () =>
      examineHistories({
        db,
        tables,
        onProgress: () => {},
        howToRebuild: "",
        newestPosition: () => Promise.reject(new Error("Asked of the log alone.")),
      }),
    [Symbol.dispose]() {
      client.close();
      folder[Symbol.dispose]();
    },
  };
}

type Fields = NonNullable<Parameters<typeof anIssueObject>[0]>;

/** Everything that an issue's row has a column for, each unlike what an issue of the tests shows otherwise. */
const others: Fields = {
  shortId: "PAYMENTS-2",
  title: "Straße",
  culprit: "pay(app)",
  level: "fatal",
  status: "resolved",
  substatus: "escalating",
  platform: "python",
  project: { id: "8", name: "Payments", slug: "payments", platform: "python" },
  assignedTo: { type: "user", id: "5", name: "Ada Ångström", email: "Ada@example.com" },
  issueType: "performance_n_plus_one_db_queries",
  issueCategory: "performance",
  priority: "low",
  isUnhandled: false,
  count: "40",
  userCount: 30,
  firstSeen: "2026-09-01T10:00:00.000000+00:00",
  lastSeen: "2026-10-02T10:00:00.000000+00:00",
};

describe("what seldom changes of an issue's row", () => {
  it.each([
    [["A"], ["B"], ["A"]],
    [["A", "B"], ["B"], ["B", "A"]],
    [["A"], ["B", "A"], ["A", "B"]],
    [["A"], ["A"], ["B", "B"]],
  ])("is what the newest delivery shows: %j, %j, %j", async (...batches) => {
    using database = openShown();
    for (const titles of batches) {
      await database.write(titles.map((title) => ({ title })));
      expect(database.title()).toBe(titles.at(-1));
    }
  });

  it("is written again when the transaction that wrote it was undone", async () => {
    using database = openShown();
    await database.write([{ title: "A" }]);
    await database.write([{ title: "B" }], "rollback");
    expect(database.title()).toBe("A");
    await database.write([{ title: "B" }]);
    expect(database.title()).toBe("B");
  });

  it("is all that the newest delivery shows, whatever differs from the one before, and of that issue alone", async () => {
    using database = openShown();
    const shown: Record<string, Fields> = { one: { id: "1" }, other: { id: "2", ...others } };
    await database.write(Object.values(shown));
    for (const [name, value] of Object.entries(others)) {
      for (const changed of [value, null, anIssueObject()[name]]) {
        shown["one"] = { ...shown["one"], [name]: changed };
        await database.write([shown["one"]]);
        expect([name, await database.differences()]).toEqual([name, []]);
      }
    }
    await database.write([{ id: "1", ...others }]);
    await database.write([{ id: "1" }]);
    expect(await database.differences()).toEqual([]);
  });
});
