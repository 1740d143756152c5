import { createClient as createStreamClient } from "graphql-sse";
import { cacheExchange, Client, fetchExchange, subscriptionExchange } from "urql";
import { streamFetch } from "./stream-fetch.ts";

const stream = createStreamClient({
  url: new URL("/graphql", location.href).href,
  // A retry would send the variables of the first subscription. `useOpenIssues` subscribes after the newest cursor.
  retryAttempts: 0,
  fetchFn: streamFetch,
  // For a token: headers: { Authorization: "Bearer iw_…" }
});

/** What a subscription's context may have. */
export type StreamContext = {
  /** Called once the gateway has opened the stream, before its first event. */
  readonly onOpen?: () => void;
};

/** Queries go by POST, subscriptions by GraphQL over server-sent events. */
export const client = new Client({
  url: "/graphql",
  preferGetMethod: false,
  exchanges: [
    cacheExchange,
    fetchExchange,
    subscriptionExchange({
      forwardSubscription: ({ query = "", variables }, { context }) => ({
        subscribe: (sink) => ({
          unsubscribe: stream.subscribe(
            { query, variables: variables as Record<string, unknown> },
            {
              next: (result) => sink.next(result as Parameters<typeof sink.next>[0]),
              error: (error) => sink.error(error),
              complete: () => sink.complete(),
            },
            { connected: () => (context as StreamContext).onOpen?.() },
          ),
        }),
      }),
    }),
  ],
});
