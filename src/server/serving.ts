import type { IncomingMessage, Server } from "node:http";
import { getHeapStatistics } from "node:v8";
import type { Config } from "../config.ts";
import type { Admit } from "../http/access/admit.ts";
import { createSessionHandler } from "../http/access/session.ts";
import { clientAddress, clientKey } from "../http/address.ts";
import { createGraphQLHandler } from "../http/graphql.ts";
import { createHttpServer } from "../http/http-server.ts";
import { createAnswerRoom } from "../http/limits/answer-room.ts";
import { createRequestRate } from "../http/limits/request-rate.ts";
import { createTurnstile } from "../http/limits/turnstile.ts";
import { startHeartbeat } from "../http/live/heartbeat.ts";
import { watchUnreachable } from "../http/live/unreachable.ts";
import { createPostedText } from "../http/posted-text.ts";
import { createQueryHandler } from "../http/query.ts";
import { createRoutes } from "../http/routes.ts";
import { countTimedOut, createWebhookHandler } from "../http/webhook.ts";
import { createSockets, type Sockets } from "../http/websocket/sockets.ts";
import type { Metrics } from "../observability/metrics.ts";
import type { Report } from "../observability/report.ts";
import { createWebPage } from "../web/page.ts";
import type { Answers } from "./answers.ts";
import type { Log } from "./log.ts";
import type { Readiness } from "./readiness.ts";

/** What clients connect to. To be disposed of once the server has closed. */
export type Serving = Disposable & {
  /** Not listening yet. */
  readonly server: Server;
  readonly sockets: Sockets;
};

export type ServingOptions = {
  readonly config: Config;
  /** The folder that `build.ts` built the page into. */
  readonly page: URL;
  readonly log: Log;
  readonly answers: Answers;
  readonly admit: Admit;
  readonly readiness: Readiness;
  readonly metrics: Metrics;
  readonly report: Report;
  /** Epoch milliseconds. */
  readonly now: () => number;
};

/** Creates the routes, the WebSockets and the HTTP server for both. */
export function createServing({
  config,
  page,
  log: { store, receiver },
  answers: { graphql, live },
  admit,
  readiness,
  metrics,
  report,
  now,
}: ServingOptions): Serving {
  using opened = new DisposableStack();
  const heartbeat = opened.use(startHeartbeat());
  const unreachable = opened.use(watchUnreachable());
  const clientOf = (request: Pick<IncomingMessage, "socket" | "headers">) =>
    clientKey(clientAddress(request, config.TRUST_PROXY));
  const heapBytes = getHeapStatistics().heap_size_limit;
  const turnstile = createTurnstile({
    waitMs: config.LIMIT_SECONDS * 1000,
    // What is counted are characters of JSON, which take up to ten times as much memory once they are read.
    mostWaitingBytes: heapBytes / 64,
  });
  const postedText = createPostedText(config.LIMIT_BODY_BYTES);
  const answerRoom = createAnswerRoom(heapBytes / 4, clientOf);
  // Over POST, GET, event streams and WebSockets alike.
  const operations = { graphql, live, heartbeat, now, report, turnstile, clientOf, answerRoom };
  const others = createGraphQLHandler({ ...operations, unreachable, postedText });
  const queries = createQueryHandler({
    ...operations,
    answer: others,
    version: store.version,
    postedText,
  });
  const rate = createRequestRate({
    perMinute: config.LIMIT_REQUESTS,
    addressOf: (request) => clientAddress(request, config.TRUST_PROXY),
  });

  const handler = createRoutes({
    webhook: createWebhookHandler({
      receiver,
      report,
      maxBytes: config.WEBHOOK_MAX_BYTES,
      clientOf,
    }),
    graphql: (request, response, admitted) =>
      queries(request, response, admitted) ?? others(request, response, admitted),
    page: createWebPage(page, { graphiql: config.GRAPHIQL === "on" }),
    origins: config.CORS_ORIGINS,
    admit,
    maxUrlBytes: config.LIMIT_URL_BYTES,
    rate,
    session: createSessionHandler({ admit, hops: config.TRUST_PROXY, now }),
    registry: metrics.registry,
    whyNotReady: readiness.whyNotReady,
  });
  const sockets = createSockets({
    ...operations,
    admit,
    rate,
    origins: config.CORS_ORIGINS,
    maxOperations: config.LIMIT_OPERATIONS_PER_SOCKET,
    maxSocketsPerClient: config.LIMIT_SOCKETS_PER_ADDRESS,
  });
  const server = createHttpServer({
    handler(request, response) {
      // A client that kept the connection would send its next request just as it closes.
      if (readiness.isStopping()) response.shouldKeepAlive = false;
      return handler(request, response);
    },
    sockets,
    failed: report.requestFailed,
    timedOut: countTimedOut(report),
  });
  const running = opened.move();
  return { server, sockets, [Symbol.dispose]: () => running.dispose() };
}
