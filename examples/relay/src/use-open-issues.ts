import { useEffect, useState } from "react";
import { useRelayEnvironment } from "react-relay";
import {
  createOperationDescriptor,
  fetchQuery,
  getRequest,
  requestSubscription,
  type Disposable,
} from "relay-runtime";
import type { operationsOpenIssuesChangedSubscription } from "./__generated__/operationsOpenIssuesChangedSubscription.graphql.ts";
import type {
  operationsOpenIssuesQuery,
  operationsOpenIssuesQuery$data,
} from "./__generated__/operationsOpenIssuesQuery.graphql.ts";
import { socket } from "./environment.ts";
import { openIssues, openIssuesChanged } from "./operations.ts";
import { messageOf, remedyFor } from "./resume.ts";

const retryMs = 1_000;

export type Shown = { readonly state: string; readonly isRead: boolean };

/** Reads the open issues into Relay's store and keeps them up to date there. */
export function useOpenIssues(): Shown {
  const environment = useRelayEnvironment();
  const [shown, setShown] = useState<Shown>({ state: "Connecting", isRead: false });

  useEffect(() => {
    let isOver = false;
    let retry: ReturnType<typeof setTimeout>;
    let following: Disposable | null = null;
    // Live as soon as it is connected: the first event may be hours away.
    const unlisten = socket.on("connected", () => setShown({ state: "Live", isRead: true }));
    const kept = environment.retain(createOperationDescriptor(getRequest(openIssues), {}));
    const later = (begin: () => void) => {
      following?.dispose();
      if (isOver) return;
      setShown((now) => ({ ...now, state: "Reconnecting" }));
      clearTimeout(retry);
      retry = setTimeout(begin, retryMs);
    };
    const failed = (error: unknown, resume: () => void) => {
      switch (remedyFor(error)) {
        case "read":
          return later(read);
        case "resume":
          return later(resume);
        case "none":
          return setShown((now) => ({ ...now, state: `Refused: ${messageOf(error)}` }));
      }
    };

    function read(): void {
      fetchQuery<operationsOpenIssuesQuery>(environment, openIssues, {}, { fetchPolicy: "network-only" })
        .toPromise()
        .then(
          (data) => {
            if (isOver || data === undefined) return;
            setShown({ state: "Connecting", isRead: true });
            follow(data, data.feed.cursor);
          },
          (error: unknown) => failed(error, read),
        );
    }

    function follow(data: operationsOpenIssuesQuery$data, start: string): void {
      let after = start;
      following = requestSubscription<operationsOpenIssuesChangedSubscription>(environment, {
        subscription: openIssuesChanged,
        variables: { after, connections: [data.issues.__id] },
        onNext(told) {
          if (told == null) return;
          after = told.issueChanged.cursor;
          setShown({ state: "Live", isRead: true });
        },
        onError: (error) => failed(error, () => follow(data, after)),
        onCompleted: () => later(() => follow(data, after)),
      });
    }

    read();
    return () => {
      isOver = true;
      clearTimeout(retry);
      following?.dispose();
      unlisten();
      kept.dispose();
    };
  }, [environment]);

  return shown;
}
