import { existsSync } from "node:fs";
import { retentionOf, type Config } from "../config.ts";
import { databaseFileOf, isPostgres } from "../database-url.ts";
import type { Report } from "../observability/report.ts";
import { readBody } from "../sentry/payload.ts";
import { issueObjectOf } from "../sentry/raw-issue.ts";
import { openPostgresStore } from "../store/postgres/store.ts";
import { openSqliteStore } from "../store/sqlite/store.ts";
import type { Store } from "../store/store.ts";

export type OpenStoreOptions = {
  readonly config: Config;
  /** The folder with the modules of the worker threads. */
  readonly threads: URL;
  readonly report: Report;
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** Called after each commit that added to the log. */
  readonly onCommit: () => void;
  /** Called with the reason once the store has to be reopened: see `Gateway.ended`. */
  readonly onEnd: (reason: string) => void;
};

/**
 * Opens the store that DATABASE_URL names, in PostgreSQL or in a SQLite file.
 * @throws Error that says what is wrong with the database and what to do.
 */
export function openStore({
  config,
  threads,
  report,
  now,
  onCommit,
  onEnd,
}: OpenStoreOptions): Promise<Store> {
  const { DATABASE_URL: url, DATABASE_DIRECT_URL: directUrl } = config;
  const shared = { issueObjectOf, report, retention: retentionOf(config), onCommit, now };
  if (isPostgres(url))
    return openPostgresStore({
      ...shared,
      url,
      directUrl,
      read: readBody,
      onEpoch() {
        report.epochChanged();
        onEnd("a new epoch has begun");
      },
    });
  return openSqliteStore({
    ...shared,
    file: databaseFileOf(url),
    threads: { read: threadOf("read-worker", threads), write: threadOf("write-worker", threads) },
    onEnd,
  });
}

function threadOf(name: string, folder: URL): URL {
  const source = new URL(`${name}.ts`, folder);
  return existsSync(source) ? source : new URL(`${name}.js`, folder);
}
