import { AnswerError, ask, mayPass } from "./ask.ts";
import { createCell, type Cell } from "./cell.ts";
import type { Connection } from "./connection.ts";
import { follow, PlaceLostError } from "./follow.ts";
import { isAbort, messageOf } from "./issue-list.ts";
import { earlierEvents, issueChanged, issueDetail, type IssueDetail, type IssueEvent } from "./operations.ts";

export type IssueDetailState =
  | { readonly is: "loading" }
  | { readonly is: "unknown" }
  | { readonly is: "failed"; readonly message: string }
  | {
      readonly is: "ready";
      readonly issue: IssueDetail;
      /** Its history, oldest first; the beginning may be missing. */
      readonly events: readonly IssueEvent[];
      /** What `earlier` reads before; null when the beginning is there. */
      readonly earlierCursor: string | null;
    };

/** One issue with its history, kept true until it is disposed. */
export type IssueDetailView = Disposable & {
  readonly state: Cell<IssueDetailState>;
  /** Reads more of the history, towards its beginning. */
  readonly readEarlier: () => Promise<void>;
};

const eventsPerPage = 100;

export function openIssueDetail(sentryId: string, connection: Connection): IssueDetailView {
  const state = createCell<IssueDetailState>({ is: "loading" });
  const running = new AbortController();
  const { signal } = running;

  async function read(): Promise<string> {
    const { issue, feed } = await ask(issueDetail, { sentryId, last: eventsPerPage }, signal);
    if (issue === null) {
      state.set({ is: "unknown" });
      return feed.cursor;
    }
    const { nodes, pageInfo } = issue.events;
    state.set({
      is: "ready",
      issue,
      events: nodes,
      earlierCursor: pageInfo.hasPreviousPage ? pageInfo.startCursor : null,
    });
    return feed.cursor;
  }

  async function run(): Promise<void> {
    const filter = { sentryId: { eq: sentryId } };
    for (let attempt = 0; ;) {
      try {
        // Also while nothing shall move: it is shown, and then stands still.
        let after = await read();
        attempt = 0;
        // Each change of the issue is a reason to read it again, and to go on after what that read shows.
        for (;;) {
          const changes = follow(
            issueChanged,
            { filter },
            { after, cursorOf: (data) => data.issueChanged.cursor, connection, signal },
          );
          await changes.next();
          await changes.return();
          after = await read();
        }
      } catch (error) {
        signal.throwIfAborted();
        if (error instanceof PlaceLostError) continue;
        if (error instanceof AnswerError && error.code === "UNAUTHENTICATED") {
          connection.wantSignIn(error.message);
          return;
        }
        if (mayPass(error)) {
          await connection.retry(attempt++, error.message, signal);
          continue;
        }
        connection.state.set({ is: "idle" });
        state.set({ is: "failed", message: messageOf(error) });
        return;
      }
    }
  }

  void run().catch((error: unknown) => {
    if (!isAbort(error)) reportError(error);
  });

  return {
    state,
    async readEarlier() {
      const shown = state.get();
      if (shown.is !== "ready" || shown.earlierCursor === null) return;
      const before = shown.earlierCursor;
      const { issue } = await ask(earlierEvents, { sentryId, last: eventsPerPage, before }, signal);
      const now = state.get();
      if (issue === null || now.is !== "ready" || now.earlierCursor !== before) return;
      const { nodes, pageInfo } = issue.events;
      state.set({
        ...now,
        events: [...nodes, ...now.events],
        earlierCursor: pageInfo.hasPreviousPage ? pageInfo.startCursor : null,
      });
    },
    [Symbol.dispose]: () => running.abort(),
  };
}
