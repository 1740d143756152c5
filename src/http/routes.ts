import type { IncomingMessage, ServerResponse } from "node:http";
import { isUnlimitedAdmin } from "../domain/viewer.ts";
import { graphqlPath } from "../graphql/yoga.ts";
import type { Metrics } from "../observability/metrics.ts";
import type { WebPage } from "../web/page.ts";
import type { Admit, Admitted } from "./access/admit.ts";
import { answerOrigin } from "./cors.ts";
import { ending, sendProblem } from "./problem.ts";
import type { RequestRate } from "./limits/request-rate.ts";
import { sendRefusal } from "./access/refusal.ts";
import { sendGraphQLError, tooMany } from "./graphql-error.ts";
import { singleFlight } from "./single-flight.ts";
import { isWebhookPath } from "./webhook.ts";

type Handler = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>;

export type RouteOptions = {
  readonly webhook: Handler;
  /** Answers /graphql, GraphiQL included. */
  readonly graphql: (
    request: IncomingMessage,
    response: ServerResponse,
    admitted: Admitted,
  ) => void | Promise<void>;
  /** The page at `/`. */
  readonly page: WebPage;
  /** The origins whose pages may read GraphQL, besides our own. */
  readonly origins: readonly string[];
  /** Who may read. */
  readonly admit: Admit;
  /** Answers /session: the page's cookie. */
  readonly session: Handler;
  /**
   * Why the gateway is not ready; null if it can take webhooks and its followers are up to date. With `orSilent`, also
   * not ready if no webhook came for FEED_SILENCE_AFTER, if none ever came, or if that is not set.
   */
  readonly whyNotReady: (asked: { readonly orSilent: boolean }) => Promise<string | null>;
  readonly maxUrlBytes: number;
  /** Counts requests to everything but webhooks and health checks. */
  readonly rate: RequestRate;
  readonly registry: Pick<Metrics["registry"], "metrics" | "contentType">;
};

/**
 * Answers a request by its path.
 *
 * | path                   | what                                                       | who                       |
 * | ---------------------- | ---------------------------------------------------------- | ------------------------- |
 * | /webhooks/sentry       | takes webhooks                                             | who has the secret        |
 * | /graphql               | queries, subscriptions over SSE, GraphiQL                  | readers                   |
 * | /                      | the page for people                                        | readers                   |
 * | either, by a browser   | the page with 401, which asks for a token                  | others                    |
 * | /assets/*              | the files of the page                                      | anyone                    |
 * | /session               | sets and deletes the page's cookie                         | who has a token           |
 * | /health/live           | 200 as long as the process answers                         | anyone                    |
 * | /health/ready          | 200 if it can take webhooks, 503 if not                    | anyone                    |
 * | /health/ready?silence=1| as above; 503 too if Sentry has been silent for too long   | anyone                    |
 * | /metrics               | Prometheus                                                 | admins of all projects    |
 */
export function createRoutes({
  webhook,
  graphql,
  page,
  origins,
  admit,
  session,
  whyNotReady,
  maxUrlBytes,
  rate,
  registry,
}: RouteOptions): Handler {
  // Concurrent requests share one answer: health checks and this machine's own requests have no rate limit.
  const figures = singleFlight(() => registry.metrics());
  const ready = singleFlight(() => whyNotReady({ orSilent: false }));
  const readyAndHeardOf = singleFlight(() => whyNotReady({ orSilent: true }));
  return async (request, response) => {
    const url = request.url ?? "/";
    if (isWebhookPath(url)) return webhook(request, response);
    const path = url.split("?", 1)[0]!;
    if (path === graphqlPath && answerOrigin(request, response, origins)) return;
    if (url.length > maxUrlBytes)
      return sendGraphQLError(response, {
        status: 414,
        code: "BAD_REQUEST",
        message: `The request's URL is longer than ${maxUrlBytes} bytes: send it by POST.`,
      });
    // Not rate-limited: a load balancer, at an address that readers may share, takes a 429 for a failed gateway.
    if (path === "/health/live") return answer(request, response, 200, { status: "live" });
    if (path === "/health/ready") {
      const reason = await (/[?&]silence=1(?:&|$)/.test(url) ? readyAndHeardOf() : ready());
      return reason === null
        ? answer(request, response, 200, { status: "ready" })
        : answer(request, response, 503, { status: "not ready", reason });
    }
    const waitSeconds = rate(request);
    if (waitSeconds > 0)
      return sendGraphQLError(response, {
        status: 429,
        code: "RATE_LIMITED",
        message: tooMany(waitSeconds),
        // Requests that follow this one on the connection are not read.
        headers: { "Retry-After": waitSeconds, ...ending },
      });
    if (path === "/session") return session(request, response);
    if (path.startsWith("/assets/")) {
      if (!isRead(request)) return refuseMethod(response);
      if (await page.sendAsset(request, response, path)) return;
      return sendProblem(response, { status: 404, code: "NOT_FOUND", detail: noFile });
    }
    if (path !== "/" && path !== graphqlPath && path !== "/metrics")
      return sendProblem(response, { status: 404, code: "NOT_FOUND", detail: noRoute });

    const admission = await admit(request);
    if (admission.is !== "admitted") {
      const isForPeople =
        path !== "/metrics" && isRead(request) && request.headers.accept?.includes("text/html");
      return isForPeople && admission.is === "refused"
        ? page.sendDocument(request, response, 401)
        : sendRefusal(response, admission);
    }
    if (path === graphqlPath) return graphql(request, response, admission);
    if (!isRead(request)) return refuseMethod(response);
    if (path === "/") return page.sendDocument(request, response, 200);
    if (!isUnlimitedAdmin(admission.viewer))
      return sendProblem(response, { status: 403, code: "FORBIDDEN", detail: noAdmin });
    const text = await figures();
    response.writeHead(200, {
      "Content-Type": registry.contentType,
      "Content-Length": Buffer.byteLength(text),
      "Cache-Control": "no-store",
    });
    response.end(text);
  };
}

const noRoute =
  "There is nothing at this path. The paths are /, /graphql, /session, /metrics, /health/live, /health/ready and /webhooks/sentry, without a / at the end.";
const noFile = "The page has no such file: if the gateway was upgraded, reload the page.";
const noAdmin = "The metrics need an admin token without --project.";

function answer(request: IncomingMessage, response: ServerResponse, status: number, value: object): void {
  if (!isRead(request)) return refuseMethod(response);
  const body = JSON.stringify(value);
  response.writeHead(status, {
    "Content-Type": "application/json",
    "Content-Length": Buffer.byteLength(body),
    "Cache-Control": "no-store",
  });
  response.end(body);
}

function isRead({ method }: IncomingMessage): boolean {
  return method === "GET" || method === "HEAD";
}

function refuseMethod(response: ServerResponse): void {
  sendProblem(response, {
    status: 405,
    code: "METHOD_NOT_ALLOWED",
    detail: "Only GET and HEAD are answered here.",
    headers: { Allow: "GET, HEAD" },
  });
}
