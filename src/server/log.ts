import { ConfigError, type Config } from "../config.ts";
import { databaseFileOf, isPostgres } from "../database-url.ts";
import type { Report } from "../observability/report.ts";
import { createReceiver, type Receiver } from "../sentry/receive.ts";
import { openSecret, secretFileOf } from "../sentry/secret.ts";
import type { Store } from "../store/store.ts";
import { createBell, type Bell } from "../stream/bell.ts";
import { startTail, type Tail } from "../stream/tail.ts";
import type { openStore } from "./open-store.ts";

/** The log, from the webhooks that make it to its newest entries. */
export type Log = AsyncDisposable & {
  readonly store: Store;
  /** Rings after each commit that added to the log. */
  readonly committed: Bell;
  readonly tail: Tail;
  /** What webhooks come in by. */
  readonly receiver: Receiver;
  /** Resolves with the reason once the store has to be reopened: see `Gateway.ended`. */
  readonly ended: Promise<string>;
};

export type LogOptions = {
  readonly config: Config;
  readonly openStore: typeof openStore;
  /** The folder with the modules of the worker threads. */
  readonly threads: URL;
  readonly report: Report;
  /** Epoch milliseconds. */
  readonly now: () => number;
};

/** How often the log is read if no commit rings, in milliseconds: another process may have written. */
const pollMs = 1_000;

/** The window keeps at least so many of the newest log entries in memory, once there are, and at most twice as many. */
const windowSize = 4_096;

/**
 * Opens the store, follows its log and takes webhooks in. Disposing it answers the webhooks that are in, and closes the
 * store.
 * @throws Error that says what is wrong with the database or its secret, and what to do.
 */
export async function openLog({ config, openStore, threads, report, now }: LogOptions): Promise<Log> {
  requireSharedSecret(config);
  await using opened = new AsyncDisposableStack();
  const committed = createBell();
  const ended = Promise.withResolvers<string>();
  const store = opened.use(
    await openStore({ config, threads, report, now, onCommit: committed.ring, onEnd: ended.resolve }),
  );
  const tail = opened.use(
    await startTail({ log: store.reader, bell: committed, report, pollMs, windowSize }),
  );
  const secrets = config.SENTRY_CLIENT_SECRET ?? [ownSecret(config.DATABASE_URL, report.secretOwn)];
  const receiver = opened.use(
    createReceiver({ secrets, bearer: config.WEBHOOK_BEARER ?? null, append: store.append, now, report }),
  );
  const running = opened.move();
  return {
    store,
    committed,
    tail,
    receiver,
    ended: ended.promise,
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

/** @throws ConfigError if each replica could make a secret of its own. */
function requireSharedSecret({ DATABASE_URL: url, SENTRY_CLIENT_SECRET: secrets }: Config): void {
  if (isPostgres(url) && secrets === undefined)
    throw new ConfigError(
      "SENTRY_CLIENT_SECRET is needed with a postgres:// database: all replicas have to know the same one.",
    );
}

function ownSecret(url: string, say: (where: { readonly file: string }) => void): string {
  const file = secretFileOf(databaseFileOf(url));
  const secret = openSecret(file);
  say({ file });
  return secret;
}
