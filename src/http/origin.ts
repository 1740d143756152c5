import type { IncomingMessage } from "node:http";

/**
 * True when a request comes from a page of this host or of a named origin, or from no page at all. Browsers let a page open
 * WebSockets to any host, and say only here whose page it is.
 */
export function isOriginAllowed(
  { headers }: Pick<IncomingMessage, "headers">,
  allowed: readonly string[],
): boolean {
  const { origin, host } = headers;
  if (origin === undefined || allowed.includes(origin)) return true;
  const page = URL.parse(origin);
  // Through the page's own scheme, so that a default port that one of the two leaves out makes no difference.
  return page !== null && page.host !== "" && URL.parse(`${page.protocol}//${host}`)?.host === page.host;
}
