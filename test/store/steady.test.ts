import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { IncomingDelivery } from "../../src/domain/delivery.ts";
import { readBody, readPayload } from "../../src/sentry/payload.ts";
import { writeBatch } from "../../src/store/batch.ts";
import { createRequestIds } from "../../src/store/request-ids.ts";
import { openWriter } from "../../src/store/sqlite/connection.ts";
import { prepareTransaction } from "../../src/store/sqlite/transaction.ts";
import { createWalkCache } from "../../src/store/walks.ts";
import { anIssueBody, anIssueObject } from "../sentry/bodies.ts";
import { temporaryFolder } from "./open.ts";

/** A database, and a way to write what its one issue is titled, batch by batch. */
function openTitled() {
  const folder = temporaryFolder();
  const connection = openWriter(join(folder.path, "issuewire.db"));
  const { client } = connection;
  const transaction = prepareTransaction(connection);
  const walks = createWalkCache(100);
  let minute = 0;

  function titled(title: string): IncomingDelivery {
    minute += 1;
    const at = new Date(Date.UTC(2026, 0, 1, 0, minute)).toISOString();
    const body = anIssueBody({
      action: "created",
      issue: anIssueObject({ title, lastSeen: at, count: minute }),
    });
    const { reading, ...row } = readPayload(body);
    const sentAt = Date.parse(at);
    const rest = { requestId: null, idempotencyKey: null, receivedAt: sentAt, sentAt };
    return { ...rest, ...row, body, reading, sha256: minute.toString(16).padStart(64, "0") };
  }

  return {
    async write(titles: readonly string[], end: "commit" | "rollback") {
      client.exec("begin immediate");
      await writeBatch(transaction, titles.map(titled), {
        walks,
        requestIds: createRequestIds([]),
        read: readBody,
        committedAt: ({ receivedAt }) => receivedAt,
        onFault(error) {
          throw error;
        },
      });
      client.exec(end);
      if (end === "rollback") walks.forget([anIssueObject()["id"] as string]);
    },
    title: () => client.prepare("select title from issues").pluck().get(),
    [Symbol.dispose]() {
      client.close();
      folder[Symbol.dispose]();
    },
  };
}

describe("what seldom changes of an issue's row", () => {
  it.each([
    [["A"], ["B"], ["A"]],
    [["A", "B"], ["B"], ["B", "A"]],
    [["A"], ["B", "A"], ["A", "B"]],
    [["A"], ["A"], ["B", "B"]],
  ])("is what the newest delivery shows: %j, %j, %j", async (...batches) => {
    using database = openTitled();
    for (const titles of batches) {
      await database.write(titles, "commit");
      expect(database.title()).toBe(titles.at(-1));
    }
  });

  it("is written again when the transaction that wrote it was undone", async () => {
    using database = openTitled();
    await database.write(["A"], "commit");
    await database.write(["B"], "rollback");
    expect(database.title()).toBe("A");
    await database.write(["B"], "commit");
    expect(database.title()).toBe("B");
  });
});
