import Database from "better-sqlite3";
import { DrizzleQueryError } from "drizzle-orm";
import { expect, it } from "vitest";
import { StorageUnavailableError, StoreFaultError } from "../../src/domain/failure.ts";
import type { Reader } from "../../src/store/reader.ts";
import { issueObjectOf } from "../../src/sentry/raw-issue.ts";
import { readerOf as postgresReaderOf } from "../../src/store/postgres/reader.ts";
import { questionFailure } from "../../src/store/sqlite/error.ts";
import { readerOf } from "../../src/store/sqlite/reader.ts";
import { openInMemory } from "./in-memory.ts";
import { onServer, temporarySchema } from "./open-postgres.ts";

const asked = "what somebody asked for";

async function failure(reader: Reader): Promise<unknown> {
  return reader.issueByShortId(asked).then(
    () => null,
    (error: unknown) => error,
  );
}

/** Everything that a log would show of it. */
function textOf(error: unknown): string {
  return error instanceof Error ? `${error.message} ${error.stack} ${textOf(error.cause)}` : "";
}

it("a question that SQLite refuses is a fault, and said without what was asked for", async () => {
  using database = openInMemory();
  const reader = readerOf(database, { issueObjectOf });
  database.client.exec("drop table issues");
  const error = await failure(reader);
  expect(error).toBeInstanceOf(StoreFaultError);
  expect(textOf(error)).toContain("no such table: issues");
  expect(textOf(error)).not.toContain(asked);
});

it("a question that PostgreSQL refuses is a fault, and said without what was asked for", async () => {
  await using schema = await temporarySchema();
  const error = await onServer(
    (client) => failure(postgresReaderOf(client, { issueObjectOf, hasSearch: false })),
    schema.url,
  );
  expect(error).toBeInstanceOf(StoreFaultError);
  expect(textOf(error)).toContain('relation "issues" does not exist');
  expect(textOf(error)).not.toContain(asked);
});

it("a database that cannot be read is away, and said without what was asked for", async () => {
  const broken = new Database.SqliteError("disk I/O error", "SQLITE_IOERR_READ");
  const gone = Object.assign(new Error("the connection is gone"), { code: "ECONNRESET" });
  const query = () => Promise.reject(gone);
  for (const error of [
    questionFailure(new DrizzleQueryError("select ?", [asked], broken)),
    await failure(postgresReaderOf({ query }, { issueObjectOf, hasSearch: false })),
  ]) {
    expect(error).toBeInstanceOf(StorageUnavailableError);
    expect(textOf(error)).toMatch(/disk I\/O error|the connection is gone/);
    expect(textOf(error)).not.toContain(asked);
  }
});
