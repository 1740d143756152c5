import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from "node:http";

/**
 * Sets the CORS headers of an answer. Pages of `origins` may read every answer, so that they also see why they were
 * refused. Returns true for a preflight request, which is answered here: browsers send it without the token of the
 * request itself.
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

/** Allows every header that the page asks for: clients add their names, and tracers such as Sentry's their own. */
function allowed({ headers }: IncomingMessage): OutgoingHttpHeaders {
  const asked = headers["access-control-request-headers"];
  return {
    "Access-Control-Allow-Methods": "GET, POST",
    ...(asked === undefined ? {} : { "Access-Control-Allow-Headers": asked }),
    "Access-Control-Max-Age": "600",
  };
}
