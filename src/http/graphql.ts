import type { IncomingMessage, ServerResponse } from "node:http";
import type { LiveOperation } from "../graphql/live-operation.ts";
import type { GraphQL } from "../graphql/yoga.ts";
import { mayStillRead, type Admitted } from "./admit.ts";
import { serveEventStream, type EventStreamOptions } from "./event-stream.ts";

export type GraphQLHandlerOptions = EventStreamOptions & {
  readonly graphql: GraphQL;
  /** Epoch milliseconds. */
  readonly now: () => number;
};

/** Answers /graphql. What is answered at once is Yoga's; a subscription that can begin is served here. */
export function createGraphQLHandler({ graphql, now, ...options }: GraphQLHandlerOptions) {
  return async (request: IncomingMessage, response: ServerResponse, admitted: Admitted): Promise<void> => {
    const already = response.rawListeners("close");
    const taken: { operation: LiveOperation | null } = { operation: null };
    const lastEventId = request.headers["last-event-id"];
    const answer = await graphql.handleNodeRequestAndResponse(request, response, {
      viewer: admitted.viewer,
      lastEventId: typeof lastEventId === "string" && lastEventId !== "" ? lastEventId : null,
      take(operation: LiveOperation) {
        taken.operation = operation;
      },
    });
    if (taken.operation === null) return send(answer, response);
    // A stream that ends at once: its headers are wanted.
    await answer.arrayBuffer();
    // Gone while the subscription was being made ready.
    if (response.destroyed) return;
    // Yoga's would keep its request as long as the stream lasts.
    for (const listener of response.rawListeners("close"))
      if (!already.includes(listener)) response.off("close", listener as () => void);
    response.setHeaders(answer.headers).writeHead(200);
    // Spreads those who come back when a gateway starts again.
    response.write(`retry: ${500 + Math.floor(1_000 * Math.random())}\n\n`);
    serveEventStream(response, taken.operation, () => mayStillRead(admitted, now()), options);
  };
}

async function send(answer: Response, response: ServerResponse): Promise<void> {
  const body = Buffer.from(await answer.arrayBuffer());
  if (response.destroyed) return;
  response.setHeaders(answer.headers);
  if (answer.status !== 204) response.setHeader("Content-Length", body.length);
  response.writeHead(answer.status).end(body);
}
