import { ApolloClient, ApolloLink, HttpLink, InMemoryCache } from "@apollo/client";
import { GraphQLWsLink } from "@apollo/client/link/subscriptions";
import { OperationTypeNode } from "graphql";
import { createClient } from "graphql-ws";

const silenceMs = 30_000;
let silence: ReturnType<typeof setTimeout>;

/** Pings come every 12 s: after 30 s of silence the connection is dead, even if nobody has closed it. */
function heard(): void {
  clearTimeout(silence);
  silence = setTimeout(() => socket.terminate(), silenceMs);
}

/** Connected while there are subscriptions. */
export const socket = createClient({
  url: new URL("/graphql", location.href.replace(/^http/, "ws")).href,
  // A retry would send the variables of the first subscription. `useOpenIssues` subscribes after the newest cursor.
  retryAttempts: 0,
  on: { opened: heard, message: heard, closed: () => clearTimeout(silence) },
  // For a token: connectionParams: { token: "iw_…" }
});

/** Queries go by HTTP, subscriptions by WebSocket. */
export const client = new ApolloClient({
  link: ApolloLink.split(
    ({ operationType }) => operationType === OperationTypeNode.SUBSCRIPTION,
    new GraphQLWsLink(socket),
    new HttpLink({ uri: "/graphql" }),
  ),
  // These have no id: without this, two queries for different fields of them would make each other ask again.
  cache: new InMemoryCache({ typePolicies: { Feed: { merge: true }, StatusDetails: { merge: true } } }),
});
