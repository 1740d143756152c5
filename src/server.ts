import { existsSync } from "node:fs";
import type { IncomingMessage, ServerOptions } from "node:http";
import type { AddressInfo } from "node:net";
import { resolve } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { getHeapStatistics } from "node:v8";
import { ConfigError, retentionOf, type Config } from "./config.ts";
import { databaseFileOf, isPostgres, withoutPassword } from "./database-url.ts";
import { maskErrors } from "./graphql/errors.ts";
import { createQuery } from "./graphql/query.ts";
import { createGraphQL } from "./graphql/yoga.ts";
import { clientAddress, clientKey } from "./http/address.ts";
import { createAdmit } from "./http/admit.ts";
import { createAnswerRoom } from "./http/answer-room.ts";
import { createFollowed } from "./http/followed.ts";
import { createGraphQLHandler } from "./http/graphql.ts";
import { startHeartbeat } from "./http/heartbeat.ts";
import { createHttpServer } from "./http/http-server.ts";
import { createJwtReader, remoteKeys } from "./http/jwt.ts";
import { listen } from "./http/listen.ts";
import { createLive } from "./http/live.ts";
import { joinedMessages, type Message } from "./http/message.ts";
import { createPostedText } from "./http/posted-text.ts";
import { createQueryHandler } from "./http/query.ts";
import { createRequestRate } from "./http/request-rate.ts";
import { createRoutes } from "./http/routes.ts";
import { createSessionHandler } from "./http/session.ts";
import { startTokenWatch } from "./http/token-watch.ts";
import { createSockets } from "./http/sockets.ts";
import { createTurnstile, enterLater } from "./http/turnstile.ts";
import { watchUnreachable } from "./http/unreachable.ts";
import { createWebhookHandler, isWebhookPath } from "./http/webhook.ts";
import { howToRun } from "./observability/how-to-run.ts";
import { createLogger, type Logger } from "./observability/logger.ts";
import { createMetrics, measureWhenAsked } from "./observability/metrics.ts";
import { createReport, type Report } from "./observability/report.ts";
import { readBody } from "./sentry/payload.ts";
import { issueObjectOf } from "./sentry/raw-issue.ts";
import { createReceiver } from "./sentry/receive.ts";
import { openSecret, secretFileOf } from "./sentry/secret.ts";
import { statusDetailsOf } from "./sentry/status-details.ts";
import { askedBy } from "./store/asked-by.ts";
import { openPostgresStore } from "./store/postgres/store.ts";
import { openSqliteStore } from "./store/sqlite/store.ts";
import type { Store } from "./store/store.ts";
import { createBell } from "./stream/bell.ts";
import { createFanout } from "./stream/fanout.ts";
import { createRecentBounds } from "./stream/recent-bounds.ts";
import { createSource } from "./stream/source.ts";
import { startTail } from "./stream/tail.ts";
import { createWebPage } from "./web/page.ts";

export type Gateway = AsyncDisposable & {
  /** Where it listens, without a slash at the end. */
  readonly url: string;
  /**
   * Resolves with the reason once it has to be started anew: the database was replaced by one that knew less of the log,
   * so that nothing that is in memory of positions holds any more; or the thread that writes has ended through a fault.
   */
  readonly ended: Promise<string>;
  /**
   * Says that it is not ready, so that load balancers send their requests elsewhere, and goes on serving. Resolves after
   * DRAIN_DELAY, or once the signal aborts; from then on disposing it refuses nobody who could know.
   */
  readonly drain: (signal: AbortSignal) => Promise<void>;
};

export type Parts = {
  /** Epoch milliseconds. */
  readonly now?: () => number;
  readonly logger?: Logger;
  /** The folder with the modules of the threads, and the page in its folder `web`; the one of this module by default. */
  readonly threads?: URL;
  /** The store that the gateway uses in place of the one it opened. */
  readonly around?: (store: Store) => Store;
  /** In place of some of what the HTTP server is opened with. */
  readonly serverOptions?: ServerOptions;
};

/** How long the log is left unread when no commit rings: another process may have written. */
const pollMs = 1_000;

/** How many of the newest entries of the log are in memory at least, where so many came; up to twice as many are. */
const windowSize = 4_096;

/** A tail that has not seen the end of the log for longer than this is behind. */
const maxLagMs = 5_000;

/** How often it is looked for tokens that were made or revoked. */
const tokensEveryMs = 1_000;

/** Addresses that nobody on another machine can reach. */
const loopbackHosts: ReadonlySet<string> = new Set(["127.0.0.1", "localhost", "::1"]);

/**
 * Builds every part, joins them and starts listening.
 *
 * Disposing turns readiness off, ends the streams, stops taking connections, answers the webhooks that are in, and closes
 * the store, in that order.
 * @throws Error that says what to do when a part cannot be had: the port, the database file.
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
  let refusedSinceStart = 0;

  if (isPostgres(config.DATABASE_URL) && config.SENTRY_CLIENT_SECRET === undefined)
    throw new ConfigError(
      "SENTRY_CLIENT_SECRET is needed with a postgres:// database: all replicas have to know the same one.",
    );
  const committed = createBell();
  const ended = Promise.withResolvers<string>();
  const shared = {
    issueObjectOf,
    report,
    retention: retentionOf(config),
    onCommit: committed.ring,
    now,
  };
  const store = around(
    opened.use(
      isPostgres(config.DATABASE_URL)
        ? await openPostgresStore({
            ...shared,
            url: config.DATABASE_URL,
            directUrl: config.DATABASE_DIRECT_URL,
            read: readBody,
            onEpoch() {
              report.epochChanged();
              ended.resolve("a new epoch has begun");
            },
          })
        : await openSqliteStore({
            ...shared,
            // Opened anew now and then, and the program around it may go to another folder.
            file: resolve(databaseFileOf(config.DATABASE_URL)),
            threads: { read: threadOf("read-worker", threads), write: threadOf("write-worker", threads) },
            onEnd: ended.resolve,
          }),
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
  // What was asked for and has nobody left to be told may still be under way, and the store refuses it as it closes.
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
      refusedSinceStart: () => refusedSinceStart,
    },
    clock: now,
    report: failures,
    limits: {
      depth: config.LIMIT_DEPTH,
      cost: config.LIMIT_COST,
      tokens: config.LIMIT_TOKENS,
      aliases: config.LIMIT_ALIASES,
      directives: config.LIMIT_DIRECTIVES,
      milliseconds: config.LIMIT_SECONDS * 1000,
      atOnce: config.LIMIT_AT_ONCE,
    },
    graphiql: config.GRAPHIQL === "on",
    introspection: config.INTROSPECTION === "on",
    askedBy,
  });

  // One entry may have thousands of answers to be made: none of them is refused, however many wait.
  const answerTurnstile = createTurnstile({ mostWaiting: Infinity });
  const fanout = createFanout<Message>({
    source: createSource({ window: tail.window, log: store.reader }),
    joined: joinedMessages,
    turn: () => enterLater(answerTurnstile),
    askedBy,
    told(entries) {
      // What is late may name a delivery that came in long before.
      for (const { event } of entries) if (!event.isLate) report.entryTold(now() - event.receivedAt);
    },
  });
  const live = createLive({
    fanout,
    newest: () => tail.window.newest,
    mask: maskErrors(failures),
    followed: createFollowed(getHeapStatistics().heap_size_limit / 4),
  });
  const heartbeat = opened.use(startHeartbeat());
  const unreachable = opened.use(watchUnreachable());

  const tokens = opened.use(
    await startTokenWatch({ list: store.tokens.list, failed: report.tokensFailed, everyMs: tokensEveryMs }),
  );
  const readJwt = jwtReaderOf(config, now);
  const isOnLoopback = loopbackHosts.has(config.HOST);
  const allowAnonymous = config.ALLOW_ANONYMOUS === "read";
  if (!isOnLoopback && !allowAnonymous && readJwt === null && !tokens.hasAny())
    throw new ConfigError(howToBeExposed(config.HOST));
  const canTellOwn = isOnLoopback && config.TRUST_PROXY === 0;
  const admit = createAdmit({
    tokens,
    readJwt,
    allowAnonymous,
    canTellOwn,
    now,
    keysFailed: report.keysFailed,
    jwtRefused: report.jwtRefused,
  });

  const clientOf = (request: Pick<IncomingMessage, "socket" | "headers">) =>
    clientKey(clientAddress(request, config.TRUST_PROXY));
  const turnstile = createTurnstile({ waitMs: config.LIMIT_SECONDS * 1000 });
  const postedText = createPostedText(config.LIMIT_BODY_BYTES);
  const answerRoom = createAnswerRoom(getHeapStatistics().heap_size_limit / 4, clientOf);
  const others = createGraphQLHandler({
    graphql,
    live,
    heartbeat,
    unreachable,
    now,
    report,
    turnstile,
    clientOf,
    postedText,
    answerRoom,
  });
  const queries = createQueryHandler({
    query: createQuery(graphql),
    answer: others,
    version: store.version,
    turnstile,
    clientOf,
    postedText,
    answerRoom,
  });
  const silenceMs = async (): Promise<number | null> => {
    const { lastDeliveryAt } = await store.reader.feedFigures({ since: now() });
    return lastDeliveryAt === null ? null : Math.max(0, now() - lastDeliveryAt);
  };
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
      unsigned() {
        refusedSinceStart += 1;
      },
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
    whyNotReady: async ({ orSilent }) => {
      if (isStopping) return "stopping";
      if (!(await store.canWrite())) return "the store cannot write";
      if (tail.lagMs() > maxLagMs) return "the log cannot be read";
      if (!orSilent) return null;
      const silenceAfterMs = config.FEED_SILENCE_AFTER;
      // Ready, and an alarm that asks for it would never go off.
      if (silenceAfterMs === undefined)
        return "how long Sentry may be silent is not known: set FEED_SILENCE_AFTER";
      return ((await silenceMs()) ?? Infinity) > silenceAfterMs
        ? "Sentry has been silent for too long"
        : null;
    },
  });
  const sockets = createSockets({
    graphql,
    admit,
    live,
    heartbeat,
    now,
    report,
    clientOf,
    rate,
    turnstile,
    answerRoom,
    origins: config.CORS_ORIGINS,
    maxOperations: config.LIMIT_OPERATIONS_PER_SOCKET,
    maxSocketsPerClient: config.LIMIT_SOCKETS_PER_ADDRESS,
  });
  const server = createHttpServer({
    handler(request, response) {
      // Whoever keeps the connection would send its next request into its end.
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
  // Before connections are waited for: a stream would hold its own for ever.
  opened.use(fanout);
  opened.use(sockets);
  const url = urlOf(listening.address);
  report.started({ url, database: withoutPassword(config.DATABASE_URL) });
  if (canTellOwn && !allowAnonymous && readJwt === null && !tokens.hasAny()) report.openHere();

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

function ownSecret(url: string, say: (where: { readonly file: string }) => void): string {
  const file = secretFileOf(databaseFileOf(url));
  const secret = openSecret(file);
  say({ file });
  return secret;
}

function jwtReaderOf(
  { JWT_JWKS_URL: url, JWT_ISSUER: issuer, JWT_AUDIENCE: audience }: Config,
  now: () => number,
) {
  if (url === undefined || issuer === undefined || audience === undefined) return null;
  return createJwtReader({ issuer, audience, keys: remoteKeys(new URL(url)), now });
}

function howToBeExposed(host: string): string {
  return [
    `With HOST=${host} other machines could read everything, so the gateway has to know who may. Do one of these:`,
    `  - make a token: "${howToRun("token create --name me --scope admin")}"`,
    "  - take JWTs: set JWT_JWKS_URL, JWT_ISSUER and JWT_AUDIENCE",
    "  - let everyone read what is not private: ALLOW_ANONYMOUS=read",
    "  - or listen on this machine alone: leave HOST out",
  ].join("\n");
}

function threadOf(name: string, folder: URL): URL {
  const source = new URL(`${name}.ts`, folder);
  return existsSync(source) ? source : new URL(`${name}.js`, folder);
}

function urlOf({ address, family, port }: AddressInfo): string {
  return `http://${family === "IPv6" ? `[${address}]` : address}:${port}`;
}
