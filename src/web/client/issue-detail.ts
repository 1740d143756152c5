import { AnswerError, ask } from "./ask.ts";
import { createCell, type Cell } from "./cell.ts";
import type { Connection } from "./connection.ts";
import { follow } from "./follow.ts";
import { keepTrying } from "./keep-trying.ts";
import {
  earlierEvents,
  issueDetail,
  issueSpans,
  type IssueDetail,
  type IssueEvent,
  type Span,
} from "./operations/issue.ts";
import { issueChanged } from "./operations/issue-list.ts";

export type IssueDetailState =
  | { readonly is: "loading" }
  | { readonly is: "unknown" }
  | { readonly is: "failed"; readonly message: string }
  | ({
      readonly is: "ready";
      readonly issue: IssueDetail;
      /** Every state that it was in; null if there are too many for one answer. */
      readonly spans: readonly Span[] | null;
    } & ShownEvents);

type ShownEvents = {
  /** The issue's history, oldest first; the beginning may be missing. */
  readonly events: readonly IssueEvent[];
  /** `readEarlier` reads what is before this cursor; null once the beginning is read. */
  readonly earlierCursor: string | null;
};

/** One issue with its history, kept up to date until it is disposed. */
export type IssueDetailView = Disposable & {
  readonly state: Cell<IssueDetailState>;
  /** Reads more of the history, towards its beginning. */
  readonly readEarlier: () => Promise<void>;
};

const eventsPerPage = 100;

function shownOf({ nodes, pageInfo }: Pick<IssueDetail["events"], "nodes" | "pageInfo">): ShownEvents {
  return { events: nodes, earlierCursor: pageInfo.hasPreviousPage ? pageInfo.startCursor : null };
}

export function openIssueDetail(sentryId: string, connection: Connection): IssueDetailView {
  const state = createCell<IssueDetailState>({ is: "loading" });
  const running = new AbortController();
  const { signal } = running;

  async function read(): Promise<string> {
    const [{ issue, feed }, spans] = await Promise.all([
      ask(issueDetail, { sentryId, last: eventsPerPage }, signal),
      readSpans(),
    ]);
    if (issue === null) {
      state.set({ is: "unknown" });
      return feed.cursor;
    }
    let { events, earlierCursor } = shownOf(issue.events);
    // As far back as was shown before.
    while (earlierCursor !== null && events.length < shownEvents()) {
      const earlier = await readBefore(earlierCursor);
      events = [...earlier.events, ...events];
      earlierCursor = earlier.earlierCursor;
    }
    state.set({ is: "ready", issue, spans, events, earlierCursor });
    return feed.cursor;
  }

  async function readSpans(): Promise<readonly Span[] | null> {
    try {
      const { issue } = await ask(issueSpans, { sentryId }, signal);
      return issue?.statusSpans ?? [];
    } catch (error) {
      if (error instanceof AnswerError && error.code === "QUERY_TOO_COMPLEX") return null;
      throw error;
    }
  }

  function shownEvents(): number {
    const shown = state.get();
    return shown.is === "ready" ? shown.events.length : 0;
  }

  async function readBefore(before: string): Promise<ShownEvents> {
    const { issue } = await ask(earlierEvents, { sentryId, last: eventsPerPage, before }, signal);
    return issue === null ? { events: [], earlierCursor: null } : shownOf(issue.events);
  }

  /** Reads the issue again after each change, and follows it from the position that the read shows. */
  async function readAndFollow(succeeded: () => void): Promise<void> {
    const filter = { sentryId: { eq: sentryId } };
    for (;;) {
      // Paused or not, the issue is read once; it then stands still while the page rests.
      const after = await read();
      const changes = follow(
        issueChanged,
        { filter },
        { after, cursorOf: (data) => data.issueChanged.cursor, connection, signal, heard: succeeded },
      );
      await changes.next();
      await changes.return();
    }
  }

  keepTrying(readAndFollow, {
    connection,
    signal,
    failed: (message) => state.set({ is: "failed", message }),
  });

  return {
    state,
    async readEarlier() {
      const shown = state.get();
      if (shown.is !== "ready" || shown.earlierCursor === null) return;
      const before = shown.earlierCursor;
      const { events, earlierCursor } = await readBefore(before);
      const now = state.get();
      if (now.is !== "ready" || now.earlierCursor !== before) return;
      state.set({ ...now, events: [...events, ...now.events], earlierCursor });
    },
    [Symbol.dispose]: () => running.abort(),
  };
}
