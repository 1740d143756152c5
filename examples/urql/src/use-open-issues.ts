import { useEffect, useState } from "react";
import { useClient } from "urql";
import type { StreamContext } from "./client.ts";
import { openIssues, openIssuesChanged, type Change, type Issue } from "./operations.ts";
import { isPlaceLost } from "./resume.ts";

const retryMs = 1_000;

type Shown = { readonly state: string; readonly issues: readonly Issue[] };

/** The open issues, kept true by the stream; and how that stands. */
export function useOpenIssues(): Shown {
  const client = useClient();
  const [shown, setShown] = useState<Shown>({ state: "Connecting", issues: [] });

  useEffect(() => {
    let isOver = false;
    let retry: ReturnType<typeof setTimeout>;
    let stop = () => {};
    const later = (begin: () => void) => {
      if (isOver) return;
      setShown((now) => ({ ...now, state: "Reconnecting" }));
      clearTimeout(retry);
      retry = setTimeout(begin, retryMs);
    };

    async function read(): Promise<void> {
      const { data } = await client.query(openIssues, {}, { requestPolicy: "network-only" });
      if (isOver) return;
      if (data === undefined) return later(() => void read());
      setShown({ state: "Connecting", issues: data.issues.nodes });
      follow(data.feed.cursor);
    }

    function follow(start: string): void {
      let after = start;
      let isEnded = false;
      const ended = (begin: () => void) => {
        if (isEnded) return;
        isEnded = true;
        stop();
        later(begin);
      };
      // With the first event it would be too late: nothing may change for hours.
      const onOpen = () => setShown((now) => ({ ...now, state: "Live" }));
      const { unsubscribe } = client
        .subscription(openIssuesChanged, { after }, { onOpen } satisfies StreamContext)
        .subscribe(({ data, error, hasNext }) => {
          if (data !== undefined && data !== null && error === undefined) {
            after = data.issueChanged.cursor;
            setShown(({ issues }) => ({ state: "Live", issues: applied(issues, data.issueChanged) }));
          }
          if (error !== undefined && isPlaceLost(error.graphQLErrors)) ended(() => void read());
          else if (error !== undefined || !hasNext) ended(() => follow(after));
        });
      stop = unsubscribe;
    }

    void read();
    return () => {
      isOver = true;
      clearTimeout(retry);
      stop();
    };
  }, [client]);

  return shown;
}

/** The list after a change. */
function applied(issues: readonly Issue[], { kind, issue }: Change): readonly Issue[] {
  const others = issues.filter(({ id }) => id !== issue.id);
  switch (kind) {
    case "ENTERED":
      return [issue, ...others];
    case "UPDATED":
      return issues.map((known) => (known.id === issue.id ? issue : known));
    case "LEFT":
      return others;
  }
}
