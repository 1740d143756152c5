import type { ServerResponse } from "node:http";
import { jsonAccepted } from "./accepted.ts";
import type { Admission } from "./admit.ts";

/** Answers whom `admit` did not let in: 401, or 503 where that cannot be known now; in GraphQL's own form of error. */
export function sendRefusal(response: ServerResponse, refusal: Exclude<Admission, { is: "admitted" }>): void {
  const isKnown = refusal.is === "refused";
  sendGraphQLError(response, {
    status: isKnown ? 401 : 503,
    code: isKnown ? "UNAUTHENTICATED" : "SERVICE_UNAVAILABLE",
    message: refusal.message,
    headers: isKnown ? { "WWW-Authenticate": "Bearer" } : { "Retry-After": 5 },
  });
}

/**
 * Answers with one error in GraphQL's form, so that its clients show the message; some of them only of a body that is
 * called what they ask for.
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
    /** From GraphQL's list of codes. */
    readonly code: string;
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
