import type { AddressInfo } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import type { Config } from "../config.ts";
import { withoutPassword } from "../database-url.ts";
import { startTokenWatch } from "../http/access/token-watch.ts";
import { listen } from "../http/listen.ts";
import { createLogger, type Logger } from "../observability/logger.ts";
import { createMetrics, measureWhenAsked } from "../observability/metrics.ts";
import { createReport } from "../observability/report.ts";
import { createAccess } from "./access.ts";
import { createAnswers } from "./answers.ts";
import { openLog } from "./log.ts";
import { openStore } from "./open-store.ts";
import { createReadiness } from "./readiness.ts";
import { createServing } from "./serving.ts";

export type Gateway = AsyncDisposable & {
  /** The URL at which it listens, without a trailing slash. */
  readonly url: string;
  /**
   * Resolves with the reason once it has to be started anew. The reasons are that
   *
   * - the database was replaced by one that knew less of the log, so that positions in memory mean nothing any more;
   * - another process has taken the store, after somebody deleted its lock file;
   * - the thread that writes has ended through a fault.
   */
  readonly ended: Promise<string>;
  /**
   * Turns readiness off, so that load balancers send their requests elsewhere, and goes on serving. Resolves after
   * DRAIN_DELAY, or once the signal aborts. Disposing it then refuses no client that could have noticed.
   */
  readonly drain: (signal: AbortSignal) => Promise<void>;
};

export type StartOptions = {
  /** Epoch milliseconds. */
  readonly now?: () => number;
  readonly logger?: Logger;
  /** The folder with the modules of the worker threads, and with the page in `web`; this module's folder by default. */
  readonly threads?: URL;
};

/** How often to look for tokens that were made or revoked, in milliseconds. */
const tokensEveryMs = 1_000;

/**
 * Builds every part, joins them and starts listening.
 *
 * Disposing turns readiness off, stops accepting connections, ends the streams, answers the webhooks that are in, and
 * closes the store, in that order.
 * @throws Error that says what to do if a part is unavailable: the port, the database file.
 */
export function startGateway(config: Config, options?: StartOptions): Promise<Gateway> {
  return startGatewayOn(openStore, config, options);
}

/** Does what `startGateway` does, on a store that is opened in this way. */
export async function startGatewayOn(
  open: typeof openStore,
  config: Config,
  {
    now = Date.now,
    logger = createLogger({ level: config.LOG_LEVEL }),
    threads = new URL(".", import.meta.url),
  }: StartOptions = {},
): Promise<Gateway> {
  // Closes what was opened so far, last first, if a later step throws.
  await using opened = new AsyncDisposableStack();
  const metrics = opened.use(createMetrics());
  const report = createReport({ logger, metrics });
  const log = opened.use(await openLog({ config, openStore: open, threads, report, now }));
  const answers = opened.use(createAnswers({ config, log, report, now }));
  const tokens = opened.use(
    await startTokenWatch({
      list: log.store.tokens.list,
      failed: report.tokensFailed,
      everyMs: tokensEveryMs,
    }),
  );
  const { admit, isOpenHere } = createAccess({ config, tokens, report, now });
  const readiness = createReadiness({
    store: log.store,
    tail: log.tail,
    now,
    silenceAfterMs: config.FEED_SILENCE_AFTER,
  });
  measureWhenAsked(metrics, {
    queue: async () => (await log.store.figures()).waiting,
    tailLagSeconds: () => log.tail.lagMs() / 1000,
    walBytes: async () => (await log.store.figures()).walBytes ?? undefined,
    silenceSeconds: async () => {
      const ms = await readiness.silenceMs();
      return ms === null ? undefined : ms / 1000;
    },
  });
  const page = new URL("web/", threads);
  const serving = opened.use(
    createServing({ config, page, log, answers, admit, readiness, metrics, report, now }),
  );
  const listening = opened.use(await listen(serving.server, { host: config.HOST, port: config.PORT }));
  // Disposed of before the wait for connections: a stream would keep its own open for ever.
  // Event streams end first: a WebSocket may take two seconds to answer its close.
  opened.use(serving.sockets);
  opened.use(answers.fanout);
  // A client whose stream has ended reconnects at once: here it would only be ended again.
  opened.defer(listening.refuse);
  const url = urlOf(listening.address);
  report.started({ url, database: withoutPassword(config.DATABASE_URL) });
  if (isOpenHere()) report.openHere();

  const running = opened.move();
  return {
    url,
    ended: log.ended,
    async drain(signal) {
      readiness.stop();
      await wait(config.DRAIN_DELAY, undefined, { signal }).catch(() => {});
    },
    [Symbol.asyncDispose]: async () => {
      readiness.stop();
      await running.disposeAsync();
      report.stopped();
    },
  };
}

function urlOf({ address, family, port }: AddressInfo): string {
  return `http://${family === "IPv6" ? `[${address}]` : address}:${port}`;
}
