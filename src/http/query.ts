import type { IncomingMessage, ServerResponse } from "node:http";
import { viewerKey } from "../domain/viewer.ts";
import { createResponseCache } from "../graphql/caching/response-cache.ts";
import { graphqlPath, type GraphQL } from "../graphql/yoga.ts";
import type { Admitted } from "./access/admit.ts";
import { sendNoRoom, sendTooMany } from "./graphql-error.ts";
import type { AnswerRoom } from "./limits/answer-room.ts";
import { onceTaken } from "./limits/unread.ts";
import { inBytes } from "./in-bytes.ts";
import { paramsIn, ResponseClient } from "./graphql-request.ts";
import type { PostedText } from "./posted-text.ts";
import type { Turnstile } from "./limits/turnstile.ts";

export type QueryOptions = {
  readonly graphql: Pick<GraphQL, "operationOf">;
  /** Answers the request by the general handler, with its body as text because that was read already. */
  readonly answer: (
    request: IncomingMessage,
    response: ServerResponse,
    admitted: Admitted,
    body: string,
  ) => Promise<void>;
  /** `Store.version`. */
  readonly version: () => number | null;
  /** Shared by all transports. */
  readonly turnstile: Turnstile;
  /** The client that a request comes from: one key for all of a client's addresses. */
  readonly clientOf: (request: IncomingMessage) => string;
  readonly postedText: PostedText;
  /** Shared by all transports. */
  readonly answerRoom: AnswerRoom;
};

/**
 * The media type of the answer, by the `Accept` header. A request with any other header goes to the general handler,
 * above all one for an event stream, which answers a subscription.
 */
const mediaTypes: ReadonlyMap<string, string> = new Map([
  ["*/*", "application/json"],
  ["application/json", "application/json"],
  ["application/json, text/plain, */*", "application/json"],
  ["application/graphql-response+json", "application/graphql-response+json"],
  ["application/graphql-response+json,application/json;q=0.9", "application/graphql-response+json"],
  ["application/graphql-response+json, application/json", "application/graphql-response+json"],
]);

const maxCachedBytes = 32 * 1024 * 1024;

/**
 * Answers plain queries, which most requests are, by a short path: POST, JSON in, JSON out. Returns null for any other
 * request, of which it reads nothing.
 *
 * An answer is cached until something is written, for viewers who may see the same.
 */
export function createQueryHandler({
  graphql,
  answer,
  version,
  turnstile,
  clientOf,
  postedText,
  answerRoom,
}: QueryOptions) {
  const cache = createResponseCache(maxCachedBytes);

  /** @param body as `inBytes` gives it: a string is sent in one piece with the headers. */
  function send(response: ServerResponse, mediaType: string, body: string): void {
    const release = answerRoom.add(body.length, response.writableLength, response.req);
    if (release === null) return sendNoRoom(response);
    response.writeHead(200, {
      "Content-Type": `${mediaType}; charset=utf-8`,
      "Content-Length": body.length,
    });
    response.end(body, "latin1");
    onceTaken(response, release);
  }

  async function serve(
    request: IncomingMessage,
    response: ServerResponse,
    mediaType: string,
    admitted: Admitted,
  ): Promise<void> {
    const { viewer } = admitted;
    using posted = await postedText(request, response);
    if (posted === null) return;
    const { text } = posted;

    const key = `${viewerKey(viewer)} ${text}`;
    const current = version();
    const known = current === null ? undefined : cache.get(key, current);
    if (known !== undefined) return send(response, mediaType, known);

    const client = new ResponseClient(response, clientOf(request));
    const mayBegin = await turnstile.enter(client.key);
    if (client.aborted) return;
    if (!mayBegin) return sendTooMany(response);
    const asked = version();
    const params = paramsIn(text);
    const operation = params && graphql.operationOf(params);
    const begun =
      operation?.is === "query" ? await operation.begin({ viewer, lastEventId: null, client }) : null;
    if (client.aborted) return;
    if (begun?.is !== "answered") return await answer(request, response, admitted, text);
    const made = inBytes(JSON.stringify(begun.result));
    // What was read partly before and partly after a write is not of one version.
    if (asked !== null && begun.isLasting && asked === version()) cache.set(key, asked, made);
    send(response, mediaType, made);
  }

  return (request: IncomingMessage, response: ServerResponse, admitted: Admitted): Promise<void> | null => {
    const mediaType = isPlain(request) ? mediaTypes.get(request.headers.accept ?? "*/*") : undefined;
    return mediaType === undefined ? null : serve(request, response, mediaType, admitted);
  };
}

/** True for a POST of plain JSON. */
function isPlain({ method, url, headers }: IncomingMessage): boolean {
  return (
    method === "POST" &&
    url === graphqlPath &&
    /^application\/json(?:; ?charset=utf-8)?$/i.test(headers["content-type"] ?? "") &&
    headers["content-encoding"] === undefined
  );
}
