import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from "node:http";

/**
 * Says in an answer whether the page that asks may read it: pages of `origins` may, whatever the answer is, so that they
 * see why they were refused as well. True for a preflight request, which is answered here: browsers send it without the
 * token that the request itself will have.
 */
export function answerOrigin(
  request: IncomingMessage,
  response: ServerResponse,
  origins: readonly string[],
): boolean {
  const { origin } = request.headers;
  if (origins.length > 0) response.setHeader("Vary", "Origin");
  const isAllowed = origin !== undefined && origins.includes(origin);
  if (isAllowed) {
    response.setHeader("Access-Control-Allow-Origin", origin);
    response.setHeader("Access-Control-Allow-Credentials", "true");
    response.setHeader("Access-Control-Expose-Headers", "Retry-After, WWW-Authenticate");
  }
  if (request.method !== "OPTIONS") return false;
  response.writeHead(204, { Allow: "GET, POST", ...(isAllowed ? allowed(request) : {}) }).end();
  return true;
}

/** Every header that the page would send: clients name themselves in their own, and tracers such as Sentry's add theirs. */
function allowed({ headers }: IncomingMessage): OutgoingHttpHeaders {
  const asked = headers["access-control-request-headers"];
  return {
    "Access-Control-Allow-Methods": "GET, POST",
    ...(asked === undefined ? {} : { "Access-Control-Allow-Headers": asked }),
    "Access-Control-Max-Age": "600",
  };
}
