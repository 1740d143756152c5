import type { ServerResponse } from "node:http";
import { paramsOf, paramsOfSearch, type Params } from "../graphql/params.ts";
import { sharedBodyOf } from "../graphql/shared-body.ts";
import type { RequestBody } from "./body.ts";
import { sendGraphQLError } from "./refusal.ts";
import { tooManyWait } from "./turnstile.ts";

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

const utf8 = new TextDecoder("utf-8", { fatal: true });

/** The text of a request's body; null where there is none to be had, which is answered then. */
export function textOrRefusal(
  body: RequestBody,
  response: ServerResponse,
  maxBodyBytes: number,
): string | null {
  switch (body.is) {
    case "read":
      try {
        return utf8.decode(body.bytes);
      } catch {
        sendGraphQLError(response, {
          status: 400,
          code: "BAD_REQUEST",
          message: "The request's body is not UTF-8.",
        });
        return null;
      }
    case "gone":
      return null;
    case "too large":
      sendGraphQLError(response, {
        status: 413,
        code: "PAYLOAD_TOO_LARGE",
        message: `The request's body is larger than ${maxBodyBytes} bytes.`,
        headers: { Connection: "close" },
      });
      return null;
    case "no room":
      sendGraphQLError(response, {
        status: 503,
        code: "SERVICE_UNAVAILABLE",
        message: "Too many requests are being read: try again.",
        headers: { "Retry-After": 1, Connection: "close" },
      });
      return null;
  }
}

/** Answers a request that may not begin, with `Turnstile`. */
export function sendTooMany(response: ServerResponse): void {
  sendGraphQLError(response, {
    status: 503,
    code: "SERVICE_UNAVAILABLE",
    message: tooManyWait,
    headers: { "Retry-After": 1 },
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

/** Sends an answer of Yoga's, its body whole. */
export async function sendAnswer(answer: Response, response: ServerResponse): Promise<void> {
  const body = sharedBodyOf(answer) ?? Buffer.from(await answer.arrayBuffer());
  if (response.destroyed) return;
  response.setHeaders(answer.headers);
  // Of a GET, caches would keep it for others, whatever the cookie of who asked.
  if (!response.hasHeader("Cache-Control")) response.setHeader("Cache-Control", "no-store");
  if (answer.status !== 204) response.setHeader("Content-Length", body.length);
  response.writeHead(answer.status).end(body);
}
