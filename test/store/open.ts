import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { inject } from "vitest";
import { createLogger } from "../../src/observability/logger.ts";
import { createMetrics } from "../../src/observability/metrics.ts";
import { createReport, type Report } from "../../src/observability/report.ts";
import { issueObjectOf } from "../../src/sentry/raw-issue.ts";
import { openSqliteStore, type SqliteStoreOptions } from "../../src/store/sqlite/store.ts";
import { at } from "./deliveries.ts";

/** A folder for one test, removed when disposed. */
export function temporaryFolder(): Disposable & { readonly path: string } {
  const path = mkdtempSync(join(tmpdir(), "issuewire-test-"));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

export function silentReport(): Report {
  return createReport({ logger: createLogger({ level: "silent" }), metrics: createMetrics() });
}

/** A store in this file, opened as by the gateway. */
export function openStoreIn(file: string, options: Partial<SqliteStoreOptions> = {}) {
  return openSqliteStore({
    file,
    issueObjectOf,
    threads: {
      read: pathToFileURL(join(inject("built"), "read-worker.js")),
      write: pathToFileURL(join(inject("built"), "write-worker.js")),
    },
    report: silentReport(),
    onCommit: () => {},
    now: () => at(100_000),
    ...options,
  });
}

/** A store with a file of its own, for one test. */
export async function openTestStore(options: Partial<SqliteStoreOptions> = {}) {
  const folder = temporaryFolder();
  const file = join(folder.path, "issuewire.db");
  const store = await openStoreIn(file, options);
  return Object.assign(Object.create(store) as typeof store, {
    ...store,
    file,
    [Symbol.asyncDispose]: async () => {
      await store[Symbol.asyncDispose]();
      folder[Symbol.dispose]();
    },
  });
}
