import type { IncomingMessage, ServerOptions } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { getHeapStatistics } from "node:v8";
import { createAccess } from "./access.ts";
import { ConfigError, type Config } from "./config.ts";
import { databaseFileOf, isPostgres, withoutPassword } from "./database-url.ts";
import { maskErrors } from "./graphql/errors.ts";
import { createQuery } from "./graphql/query.ts";
import { createGraphQL, type GraphQLLimits } from "./graphql/yoga.ts";
import { clientAddress, clientKey } from "./http/address.ts";
import { createAnswerRoom } from "./http/limits/answer-room.ts";
import { createSubscriptionRoom } from "./http/limits/subscription-room.ts";
import { createGraphQLHandler } from "./http/graphql.ts";
import { startHeartbeat } from "./http/live/heartbeat.ts";
import { createHttpServer } from "./http/http-server.ts";
import { listen } from "./http/listen.ts";
import { createLive } from "./http/live/live.ts";
import { joinedMessages, type Message } from "./http/live/message.ts";
import { createPostedText } from "./http/posted-text.ts";
import { createQueryHandler } from "./http/query.ts";
import { createRequestRate } from "./http/limits/request-rate.ts";
import { createRoutes } from "./http/routes.ts";
import { createSessionHandler } from "./http/access/session.ts";
import { startTokenWatch } from "./http/access/token-watch.ts";
import { createSockets } from "./http/websocket/sockets.ts";
import { createTurnstile, enterLater } from "./http/limits/turnstile.ts";
import { watchUnreachable } from "./http/live/unreachable.ts";
import { createWebhookHandler, isWebhookPath } from "./http/webhook.ts";
import { createLogger, type Logger } from "./observability/logger.ts";
import { createMetrics, measureWhenAsked } from "./observability/metrics.ts";
import { createReport, type Report } from "./observability/report.ts";
import { openStore } from "./open-store.ts";
import { createReadiness } from "./readiness.ts";
import { createReceiver } from "./sentry/receive.ts";
import { openSecret, secretFileOf } from "./sentry/secret.ts";
import { statusDetailsOf } from "./sentry/status-details.ts";
import { askedBy } from "./store/asked-by.ts";
import type { Store } from "./store/store.ts";
import { createBell } from "./stream/bell.ts";
import { createFanout } from "./stream/fanout.ts";
import { createRecentBounds } from "./stream/recent-bounds.ts";
import { createSource } from "./stream/source.ts";
import { startTail } from "./stream/tail.ts";
import { createWebPage } from "./web/page.ts";

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

export type Parts = {
  /** Epoch milliseconds. */
  readonly now?: () => number;
  readonly logger?: Logger;
  /** The folder with the modules of the worker threads, and with the page in `web`; this module's folder by default. */
  readonly threads?: URL;
  /** Wraps the store that the gateway opens, which then uses the result. */
  readonly around?: (store: Store) => Store;
  /** Overrides some options of the HTTP server. */
  readonly serverOptions?: ServerOptions;
};

/** How often the log is read if no commit rings, in milliseconds: another process may have written. */
const pollMs = 1_000;

/** The window keeps at least so many of the newest log entries in memory, once there are, and at most twice as many. */
const windowSize = 4_096;

/** How often to look for tokens that were made or revoked, in milliseconds. */
const tokensEveryMs = 1_000;

/**
 * Builds every part, joins them and starts listening.
 *
 * Disposing turns readiness off, stops accepting connections, ends the streams, answers the webhooks that are in, and
 * closes the store, in that order.
 * @throws Error that says what to do if a part is unavailable: the port, the database file.
 */
export async function startGateway(config: Config, parts: Parts = {}): Promise<Gateway> {
  const {
    now = Date.now,
    logger = createLogger({ level: config.LOG_LEVEL }),
    threads = new URL(".", import.meta.url),
    around = (store) => store,
    serverOptions,
  } = parts;
  // Closes what was opened so far, last first, if a later step throws.
  await using opened = new AsyncDisposableStack();

  const metrics = opened.use(createMetrics());
  const report = createReport({ logger, metrics });

  requireSharedSecret(config);
  const committed = createBell();
  const ended = Promise.withResolvers<string>();
  const store = around(
    opened.use(
      await openStore({ config, threads, report, now, onCommit: committed.ring, onEnd: ended.resolve }),
    ),
  );
  const tail = opened.use(
    await startTail({ log: store.reader, bell: committed, report, pollMs, windowSize }),
  );

  const secrets = config.SENTRY_CLIENT_SECRET ?? [ownSecret(config.DATABASE_URL, report.secretOwn)];
  const receiver = opened.use(
    createReceiver({ secrets, bearer: config.WEBHOOK_BEARER ?? null, append: store.append, now, report }),
  );
  let isServing = true;
  // Reads that nobody waits for may still run while the store closes and refuses them. These are no failures.
  const failures: Pick<Report, "readFailed" | "resolverFailed"> = {
    readFailed: (error) => isServing && report.readFailed(error),
    resolverFailed: (error) => isServing && report.resolverFailed(error),
  };
  const graphql = createGraphQL({
    store,
    recentBounds: createRecentBounds({ log: store.reader, committed }),
    statusDetailsOf,
    feed: {
      silenceAfterMs: config.FEED_SILENCE_AFTER ?? null,
      refusedSinceStart: receiver.refusedSinceStart,
    },
    clock: now,
    report: failures,
    limits: graphqlLimitsOf(config),
    graphiql: config.GRAPHIQL === "on",
    introspection: config.INTROSPECTION === "on",
    askedBy,
  });

  // One entry may need thousands of answers. None is refused, however many wait.
  const answerTurnstile = createTurnstile({ mostWaiting: Infinity });
  const fanout = createFanout<Message>({
    source: createSource({ window: tail.window, log: store.reader }),
    joined: joinedMessages,
    turn: () => enterLater(answerTurnstile),
    askedBy,
    told(entries) {
      // A late entry may name a delivery that came in long before.
      for (const { event } of entries) if (!event.isLate) report.entryTold(now() - event.receivedAt);
    },
  });
  const live = createLive({
    fanout,
    newest: () => tail.window.newest,
    mask: maskErrors(failures),
    subscriptionRoom: createSubscriptionRoom(getHeapStatistics().heap_size_limit / 4),
  });
  const heartbeat = opened.use(startHeartbeat());
  const unreachable = opened.use(watchUnreachable());

  const tokens = opened.use(
    await startTokenWatch({ list: store.tokens.list, failed: report.tokensFailed, everyMs: tokensEveryMs }),
  );
  const { admit, isOpenHere } = createAccess({ config, tokens, report, now });

  const clientOf = (request: Pick<IncomingMessage, "socket" | "headers">) =>
    clientKey(clientAddress(request, config.TRUST_PROXY));
  const turnstile = createTurnstile({ waitMs: config.LIMIT_SECONDS * 1000 });
  const postedText = createPostedText(config.LIMIT_BODY_BYTES);
  const answerRoom = createAnswerRoom(getHeapStatistics().heap_size_limit / 4, clientOf);
  // Shared by POST, GET, event streams and WebSockets.
  const shared = { graphql, live, heartbeat, now, report, turnstile, clientOf, answerRoom };
  const others = createGraphQLHandler({ ...shared, unreachable, postedText });
  const queries = createQueryHandler({
    ...shared,
    query: createQuery(graphql),
    answer: others,
    version: store.version,
    postedText,
  });
  const { silenceMs, whyNotReady } = createReadiness({
    store,
    tail,
    now,
    silenceAfterMs: config.FEED_SILENCE_AFTER,
  });
  measureWhenAsked(metrics, {
    queue: async () => (await store.figures()).waiting,
    tailLagSeconds: () => tail.lagMs() / 1000,
    walBytes: async () => (await store.figures()).walBytes ?? undefined,
    silenceSeconds: async () => {
      const ms = await silenceMs();
      return ms === null ? undefined : ms / 1000;
    },
  });
  const rate = createRequestRate({
    perMinute: config.LIMIT_REQUESTS,
    addressOf: (request) => clientAddress(request, config.TRUST_PROXY),
  });

  let isStopping = false;
  const handler = createRoutes({
    webhook: createWebhookHandler({
      receiver,
      report,
      maxBytes: config.WEBHOOK_MAX_BYTES,
      clientOf,
    }),
    graphql: (request, response, admitted) =>
      queries(request, response, admitted) ?? others(request, response, admitted),
    page: createWebPage(new URL("web/", threads), { graphiql: config.GRAPHIQL === "on" }),
    origins: config.CORS_ORIGINS,
    admit,
    limits: {
      urlBytes: config.LIMIT_URL_BYTES,
      rate,
    },
    session: createSessionHandler({ admit, hops: config.TRUST_PROXY, now }),
    registry: metrics.registry,
    whyNotReady: async (asked) => (isStopping ? "stopping" : whyNotReady(asked)),
  });
  const sockets = createSockets({
    ...shared,
    admit,
    rate,
    origins: config.CORS_ORIGINS,
    maxOperations: config.LIMIT_OPERATIONS_PER_SOCKET,
    maxSocketsPerClient: config.LIMIT_SOCKETS_PER_ADDRESS,
  });
  const server = createHttpServer({
    handler(request, response) {
      // A client that kept the connection would send its next request just as it closes.
      if (isStopping) response.shouldKeepAlive = false;
      return handler(request, response);
    },
    sockets,
    failed: report.requestFailed,
    timedOut({ url: path = "/" }) {
      if (isWebhookPath(path)) report.deliveryRefused("REQUEST_TIMEOUT");
    },
    ...(serverOptions && { options: serverOptions }),
  });
  opened.defer(() => {
    isServing = false;
  });
  const listening = opened.use(await listen(server, { host: config.HOST, port: config.PORT }));
  // Disposed of before the wait for connections: a stream would keep its own open for ever.
  // Event streams end first: a WebSocket may take two seconds to answer its close.
  opened.use(sockets);
  opened.use(fanout);
  // A client whose stream has ended reconnects at once: here it would only be ended again.
  opened.defer(listening.refuse);
  const url = urlOf(listening.address);
  report.started({ url, database: withoutPassword(config.DATABASE_URL) });
  if (isOpenHere()) report.openHere();

  const running = opened.move();
  return {
    url,
    ended: ended.promise,
    async drain(signal) {
      isStopping = true;
      await wait(config.DRAIN_DELAY, undefined, { signal }).catch(() => {});
    },
    [Symbol.asyncDispose]: async () => {
      isStopping = true;
      await running.disposeAsync();
      report.stopped();
    },
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

function graphqlLimitsOf(config: Config): GraphQLLimits {
  return {
    depth: config.LIMIT_DEPTH,
    cost: config.LIMIT_COST,
    tokens: config.LIMIT_TOKENS,
    aliases: config.LIMIT_ALIASES,
    directives: config.LIMIT_DIRECTIVES,
    milliseconds: config.LIMIT_SECONDS * 1000,
    atOnce: config.LIMIT_AT_ONCE,
  };
}

function urlOf({ address, family, port }: AddressInfo): string {
  return `http://${family === "IPv6" ? `[${address}]` : address}:${port}`;
}
