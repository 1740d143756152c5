import type { ServerResponse } from "node:http";
import type { ErrorCode } from "../../graphql/errors.ts";
import { jsonAccepted } from "../accepted.ts";
import type { Admission } from "./admit.ts";

/** Answers whom `admit` refused, with a GraphQL error: 401, or 503 if the credential cannot be checked now. */
export function sendRefusal(response: ServerResponse, refusal: Exclude<Admission, { is: "admitted" }>): void {
  const { message } = refusal;
  switch (refusal.is) {
    case "refused":
      return sendGraphQLError(response, {
        status: 401,
        code: "UNAUTHENTICATED",
        message,
        headers: { "WWW-Authenticate": "Bearer" },
      });
    case "unknown":
      return sendGraphQLError(response, {
        status: 503,
        code: "SERVICE_UNAVAILABLE",
        message,
        headers: { "Retry-After": 5 },
      });
  }
}

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
