import type { ServerResponse } from "node:http";
import { paramsOf, paramsOfSearch, type Params } from "../graphql/params.ts";
import { sharedBodyOf } from "../graphql/shared-body.ts";
import type { Client } from "../graphql/waiting.ts";
import { noRoomToAnswer, onceTaken, type AnswerRoom } from "./answer-room.ts";
import { sendGraphQLError } from "./refusal.ts";
import { tooManyWait } from "./turnstile.ts";

/**
 * Whoever waits for this response. A class, because an object with a getter of its own has a shape of its own, which is
 * old from the start and keeps the whole request from the quick garbage collection.
 */
export class ResponseClient implements Client {
  readonly #response: ServerResponse;
  readonly key: string;
  readonly since = performance.now();

  constructor(response: ServerResponse, key: string) {
    this.#response = response;
    this.key = key;
  }

  get aborted(): boolean {
    return this.#response.destroyed;
  }
}

/** Answers a request that may not begin, with `Turnstile`. */
export function sendTooMany(response: ServerResponse): void {
  sendComeBack(response, tooManyWait, {});
}

/**
 * Answers a request whose answer `AnswerRoom` has no room for, and ends the connection: what came behind the request would
 * be executed for nothing as well.
 */
export function sendNoRoom(response: ServerResponse): void {
  sendComeBack(response, noRoomToAnswer, { Connection: "close" });
}

function sendComeBack(
  response: ServerResponse,
  message: string,
  headers: Readonly<Record<string, string>>,
): void {
  sendGraphQLError(response, {
    status: 503,
    code: "SERVICE_UNAVAILABLE",
    message,
    headers: { "Retry-After": 1, ...headers },
  });
}

/** Null for what is no request of GraphQL's; Yoga says what is wrong with it. */
export function paramsIn(text: string): Params | null {
  try {
    return paramsOf(JSON.parse(text));
  } catch {
    return null;
  }
}

/** As `paramsIn`, of the search part of a URL. */
export function paramsInSearch(url: string): Params | null {
  try {
    return paramsOfSearch(new URLSearchParams(url.slice(url.indexOf("?") + 1)));
  } catch {
    return null;
  }
}

/** Sends an answer of Yoga's, its body whole; 503 where there is no room for that. */
export async function sendAnswer(
  answer: Response,
  response: ServerResponse,
  answerRoom: AnswerRoom,
): Promise<void> {
  const shared = sharedBodyOf(answer);
  const body = shared ?? Buffer.from(await answer.arrayBuffer());
  if (response.destroyed) return;
  const release = answerRoom.add(shared === null ? body.length : 0, response.writableLength, response.req);
  if (release === null) return sendNoRoom(response);
  response.setHeaders(answer.headers);
  // Of a GET, caches would keep it for others, whatever the cookie of who asked.
  if (!response.hasHeader("Cache-Control")) response.setHeader("Cache-Control", "no-store");
  if (answer.status !== 204) response.setHeader("Content-Length", body.length);
  response.writeHead(answer.status).end(body);
  onceTaken(response, release);
}
