import { ApolloClient, ApolloLink, HttpLink, InMemoryCache } from "@apollo/client";
import { GraphQLWsLink } from "@apollo/client/link/subscriptions";
import { OperationTypeNode } from "graphql";
import { createClient } from "graphql-ws";

const socket = new GraphQLWsLink(
  createClient({
    url: new URL("/graphql", location.href.replace(/^http/, "ws")).href,
    // It would subscribe with the variables of the first time. `useOpenIssues` subscribes anew, after the newest cursor.
    retryAttempts: 0,
    // For a token: connectionParams: { token: "iw_…" }
  }),
);

/** Queries go by HTTP, subscriptions by WebSocket. */
export const client = new ApolloClient({
  link: ApolloLink.split(
    ({ operationType }) => operationType === OperationTypeNode.SUBSCRIPTION,
    socket,
    new HttpLink({ uri: "/graphql" }),
  ),
  cache: new InMemoryCache(),
});
