import type { IncomingMessage } from "node:http";

/**
 * True if a request comes from a page of this host or of an allowed origin, or from no page at all. Browsers let any
 * page open WebSockets to any host, and only the `Origin` header says which page it is.
 */
export function isOriginAllowed(
  { headers }: Pick<IncomingMessage, "headers">,
  allowed: readonly string[],
): boolean {
  const { origin, host } = headers;
  if (origin === undefined || allowed.includes(origin)) return true;
  const page = URL.parse(origin);
  // Parsed with the page's own scheme, so that a default port that only one of the two names makes no difference.
  return page !== null && page.host !== "" && URL.parse(`${page.protocol}//${host}`)?.host === page.host;
}
