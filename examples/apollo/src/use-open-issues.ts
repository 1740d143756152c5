import type { ApolloClient } from "@apollo/client";
import { useApolloClient, useQuery } from "@apollo/client/react";
import { useEffect, useState } from "react";
import { socket } from "./client.ts";
import { openIssues, openIssuesChanged, type Change, type Issue } from "./operations.ts";
import { remedyFor } from "./resume.ts";

const retryMs = 1_000;

/** The open issues in Apollo's cache, kept up to date by the stream, and the state of the stream. */
export function useOpenIssues(): { readonly state: string; readonly issues: readonly Issue[] } {
  const client = useApolloClient();
  const { data, error: unread, refetch } = useQuery(openIssues);
  const [state, setState] = useState("Connecting");
  const isRefused = unread !== undefined && remedyFor(unread) === "none";
  // Changes whenever the list is read, and only then.
  const start = data?.feed.cursor;

  useEffect(() => {
    if (isRefused) return setState(`Refused: ${unread.message}`);
    // The gateway may be down when the page is opened.
    if (start === undefined) {
      const timer = setInterval(() => void refetch().catch(() => {}), retryMs);
      return () => clearInterval(timer);
    }
    // Live as soon as it is connected: the first event may be hours away.
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
    function fail(error: Error): void {
      // Apollo also completes a subscription that failed, which must not call `again`.
      following.unsubscribe();
      switch (remedyFor(error)) {
        case "read":
          return void refetch().catch(fail);
        case "resume":
          return again();
        case "none":
          return setState(`Refused: ${error.message}`);
      }
    }
    function again(): void {
      setState("Reconnecting");
      clearTimeout(retry);
      retry = setTimeout(() => (following = follow()), retryMs);
    }
    return () => {
      unlisten();
      clearTimeout(retry);
      following.unsubscribe();
    };
  }, [client, start, refetch, isRefused]);

  return { state, issues: data?.issues.nodes ?? [] };
}

/** Updates the list in the cache. The issue itself is there already: Apollo stores by id what a subscription brings. */
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
