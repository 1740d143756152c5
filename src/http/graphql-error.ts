import type { ServerResponse } from "node:http";
import type { ErrorCode } from "../graphql/errors.ts";
import { jsonAccepted } from "./accepted.ts";
import { ending } from "./problem.ts";

/**
 * Answers with one GraphQL error, so that GraphQL clients show the message. Some read only a body of the media type
 * that they ask for, so it has that one.
 */
export function sendGraphQLError(
  response: ServerResponse,
  {
    status,
    code,
    message,
    headers = {},
  }: {
    readonly status: number;
    readonly code: ErrorCode;
    readonly message: string;
    readonly headers?: Readonly<Record<string, string | number>>;
  },
): void {
  const body = JSON.stringify({ errors: [{ message, extensions: { code } }] });
  response.writeHead(status, {
    "Content-Type": `${jsonAccepted(response.req.headers.accept)}; charset=utf-8`,
    "Content-Length": Buffer.byteLength(body),
    "Cache-Control": "no-store",
    ...headers,
  });
  response.end(body);
}

/** Answers 503 to a request that the `Turnstile` has refused. */
export function sendTooMany(response: ServerResponse): void {
  sendComeBack(response, tooManyWait, {});
}

/**
 * Answers 503 to a request whose answer `AnswerRoom` has no room for, and closes the connection: requests behind it
 * would be executed in vain as well.
 */
export function sendNoRoom(response: ServerResponse): void {
  sendComeBack(response, noRoomToAnswer, ending);
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

/** The message for a client that may not begin. */
export const tooManyWait = "Too many requests are waiting: try again.";

/** The message for a client whose answer there is no room for. */
export const noRoomToAnswer =
  "Too many responses are waiting to be read: read those you asked for, then try again.";

/** The message for a client that is over the rate. */
export function tooMany(waitSeconds: number): string {
  return `Too many requests from your address: wait ${waitSeconds} s.`;
}
