import type { IncomingMessage } from "node:http";

const localNames = new Set(["localhost", "127.0.0.1", "[::1]"]);
const forwardingHeaders = ["forwarded", "via", "x-real-ip"];

/**
 * True if the request was made on this machine, as far as that can be known.
 *
 * The address of the socket says nothing: a tunnel that brings Sentry's webhooks in would bring everyone in. So `Host`
 * must name this machine, which no page of another site can achieve (DNS rebinding), and no header may be a proxy's.
 *
 * By default nginx sends a `Host` that names this machine and no header of its own. Before 1.29.7 it spoke HTTP/1.0,
 * which no other client does. A newer nginx cannot be recognised, nor can a TCP forwarder whose clients ask for
 * localhost: `doctor --send` finds out.
 */
export function isLocal({ headers, httpVersion }: Pick<IncomingMessage, "headers" | "httpVersion">): boolean {
  const host = (headers.host ?? "").toLowerCase().replace(/:\d{1,5}$/, "");
  if (httpVersion === "1.0" || !localNames.has(host)) return false;
  return !Object.keys(headers).some(
    (name) => forwardingHeaders.includes(name) || name.startsWith("x-forwarded-"),
  );
}
