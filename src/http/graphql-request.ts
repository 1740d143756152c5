import type { ServerResponse } from "node:http";
import { paramsOf, paramsOfSearch, type Params } from "../graphql/params.ts";
import { sharedBodyOf } from "../graphql/shared-body.ts";
import type { Client } from "../graphql/reading/waiting.ts";
import { sendNoRoom } from "./graphql-error.ts";
import type { AnswerRoom } from "./limits/answer-room.ts";
import { onceTaken } from "./limits/unread.ts";

/**
 * The client that waits for a response. A class: an object literal with a getter would get a shape of its own. V8 makes
 * shapes in the old generation, and this one would keep the whole request from minor garbage collection.
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

/** Reads the parameters of a GraphQL request from JSON; null if they are invalid, which Yoga then explains. */
export function paramsIn(text: string): Params | null {
  try {
    return paramsOf(JSON.parse(text));
  } catch {
    return null;
  }
}

/** As `paramsIn`, from the query string of a URL. */
export function paramsInSearch(url: string): Params | null {
  try {
    return paramsOfSearch(new URLSearchParams(url.slice(url.indexOf("?") + 1)));
  } catch {
    return null;
  }
}

/** Sends an answer of Yoga's with its whole body; 503 if there is no room for it. */
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
  // Caches could keep the answer to a GET, and give it to others whatever their cookie.
  if (!response.hasHeader("Cache-Control")) response.setHeader("Cache-Control", "no-store");
  if (answer.status !== 204) response.setHeader("Content-Length", body.length);
  response.writeHead(answer.status).end(body);
  onceTaken(response, release);
}
