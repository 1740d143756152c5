import { createClient } from "graphql-ws";
import {
  Environment,
  Network,
  Observable,
  RecordSource,
  Store,
  type GraphQLResponse,
  type RequestParameters,
  type Variables,
} from "relay-runtime";

const silenceMs = 30_000;
let silence: ReturnType<typeof setTimeout>;

/** Pings come every 12 s: after 30 s of silence the connection is dead, even if nobody has closed it. */
function heard(): void {
  clearTimeout(silence);
  silence = setTimeout(() => socket.terminate(), silenceMs);
}

/** Connected while there are subscriptions. */
export const socket = createClient({
  url: new URL("/graphql", location.href.replace(/^http/, "ws")).href,
  // A retry would send the variables of the first subscription. `useOpenIssues` subscribes after the newest cursor.
  retryAttempts: 0,
  on: { opened: heard, message: heard, closed: () => clearTimeout(silence) },
  // For a token: connectionParams: { token: "iw_…" }
});

async function ask({ text }: RequestParameters, variables: Variables): Promise<GraphQLResponse> {
  const response = await fetch("/graphql", {
    method: "POST",
    headers: { "Content-Type": "application/json", Accept: "application/json" },
    body: JSON.stringify({ query: text, variables }),
  });
  return (await response.json()) as GraphQLResponse;
}

function subscribe({ text }: RequestParameters, variables: Variables): Observable<GraphQLResponse> {
  return Observable.create((sink) =>
    socket.subscribe(
      { query: text!, variables },
      {
        next: (result) => sink.next(result as GraphQLResponse),
        // GraphQL errors are passed on as an answer: Relay makes an error of them itself.
        error: (error) =>
          Array.isArray(error) ? sink.next({ errors: error } as GraphQLResponse) : sink.error(error as Error),
        complete: () => sink.complete(),
      },
    ),
  );
}

/** Queries go by HTTP, subscriptions by WebSocket. */
export const environment = new Environment({
  network: Network.create(ask, subscribe),
  store: new Store(new RecordSource()),
});
