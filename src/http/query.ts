import type { IncomingMessage, ServerResponse } from "node:http";
import { viewerKey, type Viewer } from "../domain/viewer.ts";
import { paramsOf } from "../graphql/params.ts";
import type { QueryAnswer } from "../graphql/query.ts";
import { createResponseCache } from "../graphql/response-cache.ts";
import { createBodyRoom, requestBody } from "./body.ts";
import { sendGraphQLError } from "./refusal.ts";
import { tooManyWait, type Turns } from "./turns.ts";

export type QueryOptions = {
  readonly query: (
    params: ReturnType<typeof paramsOf>,
    viewer: Viewer,
    client: { readonly aborted: boolean },
  ) => Promise<QueryAnswer>;
  /** Yoga's answer to the same request, its body given as text because it is read already. */
  readonly answer: (request: IncomingMessage, body: string, viewer: Viewer) => Promise<Response>;
  /** `Store.version`. */
  readonly version: () => number | null;
  readonly turns: Turns;
  readonly maxBodyBytes: number;
};

/**
 * The media types that an answer can have, by what a client accepts. Whoever accepts anything else is Yoga's: an event
 * stream, above all, which a subscription would be answered with.
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
 * Answers plain queries, which are most requests, on the shortest way: POST, JSON in, JSON out. Null for every other
 * request, of which nothing is read then.
 *
 * An answer that was given before, to a viewer who may see the same, is given again while nothing was written since.
 */
export function createQueryHandler({ query, answer, version, turns, maxBodyBytes }: QueryOptions) {
  const room = createBodyRoom(16 * maxBodyBytes);
  const cache = createResponseCache(maxCachedBytes);

  async function serve(
    request: IncomingMessage,
    response: ServerResponse,
    mediaType: string,
    viewer: Viewer,
  ): Promise<void> {
    using body = await requestBody(request, response, { maxBytes: maxBodyBytes, room });
    if (body.is !== "read") return sendUnread(response, body.is, maxBodyBytes);
    const text = decoded(body.bytes);
    if (text === null)
      return sendGraphQLError(response, {
        status: 400,
        code: "BAD_REQUEST",
        message: "The request's body is not UTF-8.",
      });

    const key = `${viewerKey(viewer)} ${text}`;
    const current = version();
    const known = current === null ? undefined : cache.get(key, current);
    if (known !== undefined) return send(response, mediaType, known);

    if (!(await turns.take())) return sendTooMany(response);
    const client = new Client(response);
    if (client.aborted) return;
    const asked = version();
    const params = paramsIn(text);
    const answered: QueryAnswer =
      params === null ? { is: "not executed" } : await query(params, viewer, client);
    if (client.aborted) return;
    if (answered.is === "not executed") return relay(await answer(request, text, viewer), response);
    const made = JSON.stringify(answered.result);
    // What was read before and after a write would be of two moments.
    if (asked !== null && answered.isLasting && asked === version()) cache.set(key, asked, made);
    send(response, mediaType, made);
  }

  return (request: IncomingMessage, response: ServerResponse, viewer: Viewer): Promise<void> | null => {
    const mediaType = isPlain(request) ? mediaTypes.get(request.headers.accept ?? "*/*") : undefined;
    return mediaType === undefined ? null : serve(request, response, mediaType, viewer);
  };
}

/**
 * Whoever waits for this response. A class, because an object with a getter of its own has a shape of its own, which is
 * old from the start and keeps the whole request from the quick garbage collection.
 */
export class Client {
  readonly #response: ServerResponse;

  constructor(response: ServerResponse) {
    this.#response = response;
  }

  get aborted(): boolean {
    // The response itself knows only once those to the requests before it on the connection are sent.
    return this.#response.destroyed || this.#response.req.socket.destroyed;
  }
}

/** Answers a request whose body was not read. */
export function sendUnread(
  response: ServerResponse,
  why: "too large" | "no room" | "gone",
  maxBodyBytes: number,
): void {
  switch (why) {
    case "gone":
      return;
    case "too large":
      return sendGraphQLError(response, {
        status: 413,
        code: "PAYLOAD_TOO_LARGE",
        message: `The request's body is larger than ${maxBodyBytes} bytes.`,
        headers: { Connection: "close" },
      });
    case "no room":
      return sendGraphQLError(response, {
        status: 503,
        code: "SERVICE_UNAVAILABLE",
        message: "Too many requests are being read: try again.",
        headers: { "Retry-After": 1, Connection: "close" },
      });
  }
}

/** Answers a request that may not begin, with `Turns`. */
export function sendTooMany(response: ServerResponse): void {
  sendGraphQLError(response, {
    status: 503,
    code: "SERVICE_UNAVAILABLE",
    message: tooManyWait,
    headers: { "Retry-After": 1 },
  });
}

/** True for a POST of plain JSON. */
function isPlain({ method, url, headers }: IncomingMessage): boolean {
  return (
    method === "POST" &&
    url === "/graphql" &&
    /^application\/json(?:; ?charset=utf-8)?$/i.test(headers["content-type"] ?? "") &&
    headers["content-encoding"] === undefined
  );
}

const utf8 = new TextDecoder("utf-8", { fatal: true });

/** Null for what is not UTF-8. */
export function decoded(bytes: Uint8Array): string | null {
  try {
    return utf8.decode(bytes);
  } catch {
    return null;
  }
}

/** Null for what is no request of GraphQL's; Yoga says what is wrong with it. */
export function paramsIn(text: string): ReturnType<typeof paramsOf> | null {
  try {
    return paramsOf(JSON.parse(text));
  } catch {
    return null;
  }
}

function send(response: ServerResponse, mediaType: string, body: string): void {
  response.writeHead(200, {
    "Content-Type": `${mediaType}; charset=utf-8`,
    "Content-Length": Buffer.byteLength(body),
  });
  // As text, which goes out in one piece with the headers.
  response.end(body);
}

async function relay(answer: Response, response: ServerResponse): Promise<void> {
  const body = Buffer.from(await answer.arrayBuffer());
  response.setHeaders(answer.headers);
  response.writeHead(answer.status, { "Content-Length": body.length }).end(body);
}
