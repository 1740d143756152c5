import { getHeapStatistics } from "node:v8";
import type { Config } from "../config.ts";
import { maskErrors } from "../graphql/errors.ts";
import { createGraphQL, type GraphQL, type GraphQLLimits } from "../graphql/yoga.ts";
import { createSubscriptionRoom } from "../http/limits/subscription-room.ts";
import { createTurnstile, enterLater } from "../http/limits/turnstile.ts";
import { createLive, type Live } from "../http/live/live.ts";
import { joinedMessages, type Message } from "../http/live/message.ts";
import type { Report } from "../observability/report.ts";
import { statusDetailsOf } from "../sentry/status-details.ts";
import { askedBy } from "../store/asked-by.ts";
import { createFanout, type Fanout } from "../stream/fanout.ts";
import { createRecentBounds } from "../stream/recent-bounds.ts";
import { createSource } from "../stream/source.ts";
import type { Log } from "./log.ts";

/** What answers operations, whatever transport they came by. */
export type Answers = Disposable & {
  readonly graphql: GraphQL;
  /** Subscriptions; disposing of `fanout` ends them. */
  readonly live: Live;
  readonly fanout: Fanout<Message>;
};

export type AnswersOptions = {
  readonly config: Config;
  readonly log: Log;
  readonly report: Report;
  /** Epoch milliseconds. */
  readonly now: () => number;
};

/** Once disposed of, it reports no failures. */
export function createAnswers({
  config,
  log: { store, committed, tail, receiver },
  report,
  now,
}: AnswersOptions): Answers {
  let isOver = false;
  // Reads that nobody waits for may still run while the store closes and refuses them. These are no failures.
  const failures: Pick<Report, "readFailed" | "resolverFailed"> = {
    readFailed: (error) => isOver || report.readFailed(error),
    resolverFailed: (error) => isOver || report.resolverFailed(error),
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
    delivered(entries) {
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
  return {
    graphql,
    live,
    fanout,
    [Symbol.dispose]() {
      isOver = true;
    },
  };
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
