import { CombinedGraphQLErrors, type ApolloClient } from "@apollo/client";
import { useApolloClient, useQuery } from "@apollo/client/react";
import { useEffect, useState } from "react";
import { socket } from "./client.ts";
import { openIssues, openIssuesChanged, type Change, type Issue } from "./operations.ts";
import { isPlaceLost } from "./resume.ts";

const retryMs = 1_000;

/** The open issues as Apollo's cache has them, kept true by the stream; and how that stands. */
export function useOpenIssues(): { readonly state: string; readonly issues: readonly Issue[] } {
  const client = useApolloClient();
  const { data, refetch } = useQuery(openIssues);
  const [state, setState] = useState("Connecting");
  // Changes with every reading of the list, and with nothing else.
  const start = data?.feed.cursor;

  useEffect(() => {
    // The gateway may be down when the page is opened.
    if (start === undefined) {
      const timer = setInterval(() => void refetch().catch(() => {}), retryMs);
      return () => clearInterval(timer);
    }
    // With the first event it would be too late: nothing may change for hours.
    const unlisten = socket.on("connected", () => setState("Live"));
    let after = start;
    let retry: ReturnType<typeof setTimeout>;
    let following = follow();

    function follow() {
      return client.subscribe({ query: openIssuesChanged, variables: { after } }).subscribe({
        next({ data: told, error }) {
          if (error !== undefined) return fail(error);
          if (told === undefined) return;
          setState("Live");
          apply(client, told.issueChanged);
          after = told.issueChanged.cursor;
        },
        error: fail,
        complete: again,
      });
    }
    function fail(error: unknown): void {
      if (CombinedGraphQLErrors.is(error) && isPlaceLost(error.errors)) void refetch().catch(again);
      else again();
    }
    function again(): void {
      setState("Reconnecting");
      following.unsubscribe();
      clearTimeout(retry);
      retry = setTimeout(() => (following = follow()), retryMs);
    }
    return () => {
      unlisten();
      clearTimeout(retry);
      following.unsubscribe();
    };
  }, [client, start, refetch]);

  return { state, issues: data?.issues.nodes ?? [] };
}

/** Changes the list in the cache. The issue itself is there already: Apollo stores by id what a subscription brings. */
function apply(client: ApolloClient, { kind, issue }: Change): void {
  client.cache.updateQuery({ query: openIssues }, (list) => {
    if (list === null) return list;
    const others = list.issues.nodes.filter(({ id }) => id !== issue.id);
    switch (kind) {
      case "ENTERED":
        return { ...list, issues: { ...list.issues, nodes: [issue, ...others] } };
      case "LEFT":
        return { ...list, issues: { ...list.issues, nodes: others } };
      case "UPDATED":
        return list;
    }
  });
}
