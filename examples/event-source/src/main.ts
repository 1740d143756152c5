import { print } from "graphql";
import { graphql, type ResultOf } from "./graphql.ts";

const openIssues = graphql(`
  query OpenIssues {
    feed {
      cursor
    }
    issues(first: 50, filter: { status: { eq: UNRESOLVED } }) {
      nodes {
        id
        sentryId
        shortId
        title
      }
    }
  }
`);

const openIssuesChanged = graphql(`
  subscription OpenIssuesChanged($after: Cursor) {
    issueChanged(filter: { status: { eq: UNRESOLVED } }, after: $after) {
      kind
      issue {
        id
        sentryId
        shortId
        title
      }
    }
  }
`);

type Issue = ResultOf<typeof openIssuesChanged>["issueChanged"]["issue"];
type Answer<Data> = {
  readonly data?: Data | null;
  readonly errors?: readonly {
    readonly message: string;
    readonly extensions?: Readonly<Record<string, unknown>>;
  }[];
};

/** The errors that pass, and those after which reading the list again helps. */
const passing = new Set([
  "SLOW_CONSUMER",
  "SERVICE_UNAVAILABLE",
  "TIMEOUT",
  "RATE_LIMITED",
  "OPERATION_LIMIT",
  "CURSOR_INVALID",
  "CURSOR_AHEAD",
  "CURSOR_EXPIRED",
  "EPOCH_CHANGED",
]);

const retryMs = 1_000;
const list = document.getElementById("issues")!;
const state = document.getElementById("state")!;

/** Reads the list, and follows it from there. */
async function start(): Promise<void> {
  const response = await fetch("/graphql", {
    method: "POST",
    headers: { "Content-Type": "application/json", Accept: "application/json" },
    body: JSON.stringify({ query: print(openIssues) }),
  });
  const { data, errors } = (await response.json()) as Answer<ResultOf<typeof openIssues>>;
  if (data == null) return failed(errors);
  list.replaceChildren();
  for (const issue of data.issues.nodes.toReversed()) show(issue);

  const query = new URLSearchParams({
    query: print(openIssuesChanged),
    variables: JSON.stringify({ after: data.feed.cursor }),
  });
  const events = new EventSource(`/graphql?${query.toString()}`);
  events.onopen = () => (state.textContent = "Live");
  // Every event and ping has its position in the log as its id. When the connection breaks, the browser reconnects with
  // the last id, and the gateway resumes after it.
  events.onerror = () => {
    state.textContent = "Reconnecting";
    // The answer was not a stream, and browsers do not retry that. Reading the list says why, if it is refused.
    if (events.readyState === EventSource.CLOSED) again();
  };
  events.addEventListener("next", ({ data: text }: MessageEvent<string>) => {
    const { data: told, errors } = JSON.parse(text) as Answer<ResultOf<typeof openIssuesChanged>>;
    if (told == null) {
      // Otherwise EventSource reconnects by itself.
      events.close();
      failed(errors);
    } else if (told.issueChanged.kind === "LEFT") rowOf(told.issueChanged.issue)?.remove();
    else show(told.issueChanged.issue);
  });
  events.addEventListener("complete", () => {
    events.close();
    again();
  });
}

/** Starts again if that may help; otherwise shows the error, as it would be refused again. */
function failed(errors: Answer<unknown>["errors"] = []): void {
  const refused = errors.find(({ extensions }) => !passing.has(String(extensions?.["code"])));
  if (refused === undefined) again();
  else state.textContent = `Refused: ${refused.message}`;
}

function again(): void {
  state.textContent = "Reconnecting";
  setTimeout(startAgain, retryMs);
}

function startAgain(): void {
  // The gateway or the network is down.
  start().catch(again);
}

function rowOf({ sentryId }: Issue): HTMLElement | null {
  return list.querySelector(`[data-issue="${CSS.escape(sentryId)}"]`);
}

/** Puts an issue on top of the list, or updates its row. */
function show(issue: Issue): void {
  let row = rowOf(issue);
  if (row === null) {
    row = document.createElement("li");
    row.dataset["issue"] = issue.sentryId;
    list.prepend(row);
  }
  row.textContent = `${issue.shortId}: ${issue.title}`;
}

startAgain();
