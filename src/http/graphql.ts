import type { IncomingMessage, ServerResponse } from "node:http";
import type { Asking } from "../graphql/context.ts";
import type { LiveOperation } from "../graphql/live/live-operation.ts";
import type { Params } from "../graphql/params.ts";
import { eventStreamHeaders } from "../graphql/plugins/use-event-streams.ts";
import { isJsonInUtf8 } from "../graphql/plugins/use-json-requests.ts";
import { graphqlPath, type GraphQL } from "../graphql/yoga.ts";
import { accepted } from "./accepted.ts";
import { mayStillRead, type Admitted } from "./access/admit.ts";
import { serveEventStream, type EventStreamOptions } from "./live/event-stream.ts";
import { sendTooMany } from "./graphql-error.ts";
import { paramsIn, paramsInSearch, ResponseClient, sendAnswer } from "./graphql-request.ts";
import type { PostedText } from "./posted-text.ts";
import type { Turnstile } from "./limits/turnstile.ts";

export type GraphQLHandlerOptions = EventStreamOptions & {
  readonly graphql: GraphQL;
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** Shared by all transports. */
  readonly turnstile: Turnstile;
  /** The client that a request comes from: one key for all of a client's addresses. */
  readonly clientOf: (request: IncomingMessage) => string;
  readonly postedText: PostedText;
};

/**
 * Answers /graphql. A subscription that can begin is served here, in most cases without Yoga's Request and Response;
 * everything else is answered by Yoga. `posted` is the body of a POST, if it was read already.
 */
export function createGraphQLHandler({
  graphql,
  now,
  turnstile,
  clientOf,
  postedText,
  ...options
}: GraphQLHandlerOptions) {
  function serve(response: ServerResponse, operation: LiveOperation, admitted: Admitted): void {
    // The client left while the subscription was prepared.
    if (response.destroyed) return;
    // Spreads the clients that reconnect when a gateway restarts.
    response.write(`retry: ${500 + Math.floor(1_000 * Math.random())}\n\n`);
    const reader = { client: clientOf(response.req), mayRead: () => mayStillRead(admitted, now()) };
    serveEventStream(response, operation, reader, options);
  }

  /** True if it was a subscription, which is then being served. */
  async function serveParams(
    params: Params | null,
    response: ServerResponse,
    admitted: Admitted,
    lastEventId: string | null,
  ): Promise<boolean> {
    const operation = params && graphql.operationOf(params);
    if (operation?.is !== "subscription") return false;
    const begun = await operation.begin({ viewer: admitted.viewer, lastEventId });
    if (begun.is !== "subscribed") return false;
    if (!response.destroyed) response.writeHead(200, eventStreamHeaders);
    serve(response, begun.operation, admitted);
    return true;
  }

  return async (
    request: IncomingMessage,
    response: ServerResponse,
    admitted: Admitted,
    posted?: string,
  ): Promise<void> => {
    const { method, url = "", headers } = request;
    const accept = accepted(headers.accept);
    // Yoga takes the first type that it knows.
    headers.accept = accept;
    const lastEventId = lastEventIdOf(request);
    const { viewer } = admitted;
    let taken: LiveOperation | null = null;
    const client = new ResponseClient(response, clientOf(request));
    const asking: Asking = { viewer, lastEventId, take: (operation) => (taken = operation), client };
    const wantsStream = accept.includes("text/event-stream");

    async function relay(answer: Response): Promise<void> {
      if (taken === null) return sendAnswer(answer, response, options.answerRoom);
      // The answer is a stream that ends at once: only its headers are needed.
      await answer.arrayBuffer();
      if (!response.destroyed) response.setHeaders(answer.headers).writeHead(200);
      serve(response, taken, admitted);
    }

    /** False if the client has left, or if the request may not begin, which is then answered. */
    async function mayBegin(): Promise<boolean> {
      const may = await turnstile.enter(client.key);
      if (!may && !client.aborted) sendTooMany(response);
      return may && !client.aborted;
    }

    async function answerPosted(text: string): Promise<void> {
      if (!(await mayBegin())) return;
      if (wantsStream && (await serveParams(paramsIn(text), response, admitted, lastEventId))) return;
      const init = { method: "POST", headers: { accept, "content-type": "application/json" }, body: text };
      return relay(await graphql.fetch(`http://localhost${graphqlPath}`, init, asking));
    }

    if (posted !== undefined) return answerPosted(posted);
    if (method === "POST" && isReadable(request)) {
      using body = await postedText(request, response);
      if (body !== null) await answerPosted(body.text);
      return;
    }

    if (!(await mayBegin())) return;
    if (wantsStream && method === "GET") {
      if (await serveParams(paramsInSearch(url), response, admitted, lastEventId)) return;
    }

    const already = response.rawListeners("close");
    const answer = await graphql.handleNodeRequestAndResponse(request, response, asking);
    // Yoga's listener would hold its Request as long as a stream lasts.
    for (const listener of response.rawListeners("close"))
      if (!already.includes(listener)) response.off("close", listener as () => void);
    return relay(answer);
  };
}

/** Bodies of any other form are refused by their headers, unread. */
function isReadable({ headers }: IncomingMessage): boolean {
  return isJsonInUtf8(headers["content-type"] ?? null, headers["content-encoding"] ?? null);
}

function lastEventIdOf({ headers }: IncomingMessage): string | null {
  const id = headers["last-event-id"];
  return typeof id === "string" && id !== "" ? id : null;
}
