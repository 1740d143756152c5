import { useEffect, useState } from "react";
import { useClient, type CombinedError } from "urql";
import type { StreamContext } from "./client.ts";
import { openIssues, openIssuesChanged, type Change, type Issue } from "./operations.ts";
import { remedyFor } from "./resume.ts";

const retryMs = 1_000;

type Shown = { readonly state: string; readonly issues: readonly Issue[] };

/** The open issues, kept up to date by the stream, and the state of the stream. */
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
    const failed = (error: CombinedError, resume: () => void) => {
      switch (remedyFor(error)) {
        case "read":
          return later(() => void read());
        case "resume":
          return later(resume);
        case "none":
          return setShown((now) => ({ ...now, state: `Refused: ${error.message}` }));
      }
    };

    async function read(): Promise<void> {
      const { data, error } = await client.query(openIssues, {}, { requestPolicy: "network-only" });
      if (isOver) return;
      if (error !== undefined) return failed(error, () => void read());
      if (data === undefined) return;
      setShown({ state: "Connecting", issues: data.issues.nodes });
      follow(data.feed.cursor);
    }

    function follow(start: string): void {
      let after = start;
      let isEnded = false;
      const ended = (error: CombinedError | undefined) => {
        if (isEnded) return;
        isEnded = true;
        stop();
        const resume = () => follow(after);
        if (error === undefined) later(resume);
        else failed(error, resume);
      };
      // Live as soon as the stream is open: the first event may be hours away.
      const onOpen = () => setShown((now) => ({ ...now, state: "Live" }));
      const { unsubscribe } = client
        .subscription(openIssuesChanged, { after }, { onOpen } satisfies StreamContext)
        .subscribe(({ data, error, hasNext }) => {
          if (data !== undefined && data !== null && error === undefined) {
            after = data.issueChanged.cursor;
            setShown(({ issues }) => ({ state: "Live", issues: applied(issues, data.issueChanged) }));
          }
          if (error !== undefined || !hasNext) ended(error);
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
