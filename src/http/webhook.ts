import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from "node:http";
import { refusals, type RefusalCode } from "../observability/refusals.ts";
import type { Report } from "../observability/report.ts";
import type { Receiver } from "../sentry/receive.ts";
import { createBodyRoom, declaredLength, requestBody } from "./body.ts";
import { ending, sendProblem } from "./problem.ts";
import { createRateLimit, type RateLimit } from "./limits/rate-limit.ts";

export type WebhookOptions = {
  readonly receiver: Pick<Receiver, "receive">;
  readonly report: Report;
  /** The most bytes of one body. */
  readonly maxBytes: number;
  /** The most bytes of all bodies that are being read or answered, small ones not counted. */
  readonly maxBytesAtOnce?: number;
  /** The client that a request comes from, for the rate of failed signatures. */
  readonly clientOf: (request: IncomingMessage) => string;
  /** The rate at which one client may be answered 401; beyond it, the answer is 429. */
  readonly failures?: RateLimit;
};

/** True for every spelling of the route's path, with or without a query: a redirect would lose the delivery. */
export function isWebhookPath(path: string): boolean {
  return /^\/+webhooks\/+sentry\/*(?:\?|$)/.test(path);
}

/** Counts a request that did not arrive in time as a refused webhook, if it is to that route. */
export function countTimedOut({ deliveryRefused }: Pick<Report, "deliveryRefused">) {
  return ({ url: path = "/" }: Pick<IncomingMessage, "url">): void => {
    if (isWebhookPath(path)) deliveryRefused("REQUEST_TIMEOUT");
  };
}

/**
 * Handles POST /webhooks/sentry, from the headers to the answer.
 *
 * | answer   | when                                                                                 |
 * | -------- | ------------------------------------------------------------------------------------ |
 * | 202      | the signature is right and the delivery is on disk, whatever it holds                |
 * | 204      | OPTIONS                                                                              |
 * | 401      | the signature is missing or wrong, or the bearer token that is required              |
 * | 405, 413 | another method; a body that is too large                                             |
 * | 415      | a body that is compressed, or whose type is not JSON                                 |
 * | 429      | as 401, from a client that has sent too many of those                                |
 * | 503      | the signature is right but the delivery could not be kept; or no memory to read it   |
 *
 * Resolves once the request is answered, or once its client is gone.
 */
export function createWebhookHandler({
  receiver,
  report,
  maxBytes,
  maxBytesAtOnce = Math.max(64 * 1024 * 1024, 4 * maxBytes),
  clientOf,
  failures = createRateLimit({ burst: 100, perMs: 10_000 }),
}: WebhookOptions): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  const room = createBodyRoom(maxBytesAtOnce);

  function refuse(response: ServerResponse, status: number, code: RefusalCode, headers: OutgoingHttpHeaders) {
    report.deliveryRefused(code);
    sendProblem(response, { status, code, detail: refusals[code], headers });
  }

  return async (request, response) => {
    if (request.method === "OPTIONS") {
      response.writeHead(204, { Allow: "POST" }).end();
      return;
    }
    const refusal = refusalByHeaders(request, maxBytes);
    if (refusal !== null) return refuse(response, refusal.status, refusal.code, refusal.headers);

    using body = await requestBody(request, response, { maxBytes, room });
    if (body.is === "gone") return;
    if (body.is === "too large") return refuse(response, 413, "PAYLOAD_TOO_LARGE", ending);
    if (body.is === "no room") return refuse(response, 503, "OVERLOADED", { ...retrying, ...ending });

    const answer = await receiver.receive(request.rawHeaders, body.bytes);
    switch (answer.status) {
      case 202:
        return sendKept(response, { outcome: answer.outcome, delivery: answer.delivery });
      case 401: {
        const seconds = failures.exceededFor(clientOf(request));
        if (seconds > 0) return refuse(response, 429, "RATE_LIMITED", { "Retry-After": seconds });
        const scheme = answer.code === "UNAUTHENTICATED" ? "Bearer" : "Sentry-Hook-Signature";
        return refuse(response, 401, answer.code, { "WWW-Authenticate": scheme });
      }
      case 503:
        return sendProblem(response, { status: 503, code: answer.code, detail: notKept, headers: retrying });
    }
  };
}

const retrying = { "Retry-After": 5 };
const notKept =
  "The webhook may not have been stored: send it again. If it was stored after all, it counts only once.";

type Refusal = {
  readonly status: number;
  readonly code: RefusalCode;
  readonly headers: OutgoingHttpHeaders;
};

/** Why a request is refused by its method and headers alone; null if it is not. */
function refusalByHeaders(request: IncomingMessage, maxBytes: number): Refusal | null {
  if (request.method !== "POST") {
    return { status: 405, code: "METHOD_NOT_ALLOWED", headers: { Allow: "POST" } };
  }
  // Checked before type and encoding: with another of those the body would still be too large.
  if ((declaredLength(request) ?? 0) > maxBytes) {
    return { status: 413, code: "PAYLOAD_TOO_LARGE", headers: ending };
  }
  const encoding = request.headers["content-encoding"] ?? "";
  if (encoding !== "" && encoding.toLowerCase() !== "identity") {
    return { status: 415, code: "UNSUPPORTED_ENCODING", headers: { "Accept-Encoding": "identity" } };
  }
  const type = request.headers["content-type"] ?? "";
  if (type !== "" && !/^application\/json\s*(?:;|$)/i.test(type)) {
    return { status: 415, code: "UNSUPPORTED_MEDIA_TYPE", headers: { "Accept-Post": "application/json" } };
  }
  return null;
}

function sendKept(response: ServerResponse, kept: { readonly outcome: string; readonly delivery: string }) {
  const body = JSON.stringify(kept);
  response.writeHead(202, { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(body) });
  response.end(body);
}
