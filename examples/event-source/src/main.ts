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
type Told = {
  readonly data?: ResultOf<typeof openIssuesChanged> | null;
  readonly errors?: readonly { readonly message: string }[];
};

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
  const { data } = (await response.json()) as { readonly data: ResultOf<typeof openIssues> };
  list.replaceChildren();
  for (const issue of data.issues.nodes.toReversed()) show(issue);

  const query = new URLSearchParams({
    query: print(openIssuesChanged),
    variables: JSON.stringify({ after: data.feed.cursor }),
  });
  const events = new EventSource(`/graphql?${query.toString()}`);
  events.onopen = () => (state.textContent = "Live");
  // Every event and every ping carries the position in the log as its id. When the connection breaks, the browser asks
  // again by itself with the last one, and the gateway goes on after it.
  events.onerror = () => {
    state.textContent = "Reconnecting";
    // Answered with something that is no stream: browsers then do not ask again.
    if (events.readyState === EventSource.CLOSED) setTimeout(startAgain, retryMs);
  };
  // Without closing it, EventSource would ask again by itself.
  const again = () => {
    events.close();
    state.textContent = "Reconnecting";
    setTimeout(startAgain, retryMs);
  };
  events.addEventListener("next", ({ data: text }: MessageEvent<string>) => {
    const { data: told, errors } = JSON.parse(text) as Told;
    // The position cannot be resumed after, or nothing can be told now.
    if (errors !== undefined || told == null) again();
    else if (told.issueChanged.kind === "LEFT") rowOf(told.issueChanged.issue)?.remove();
    else show(told.issueChanged.issue);
  });
  events.addEventListener("complete", again);
}

function startAgain(): void {
  start().catch(() => setTimeout(startAgain, retryMs));
}

function rowOf({ sentryId }: Issue): HTMLElement | null {
  return list.querySelector(`[data-issue="${CSS.escape(sentryId)}"]`);
}

/** Puts an issue on top of the list, or changes what the list says of it. */
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
