import type { IncomingMessage } from "node:http";

const localNames = new Set(["localhost", "127.0.0.1", "[::1]"]);
const forwardingHeaders = ["forwarded", "via", "x-real-ip"];

/**
 * True when the request was made on this machine, as far as it can be told.
 *
 * The address of the socket says nothing: a tunnel that brings Sentry's webhooks in would bring everyone in. So the host
 * that was asked for must be a name of this machine, which no page of another site can ask for (DNS rebinding), and no
 * proxy may have touched the request. nginx, unless it is told otherwise, asks for a name of this machine and leaves no
 * header; before 1.29.7 it does speak HTTP/1.0, which nothing else does any more. Since then nothing tells, and neither does
 * anything of a forwarder of TCP whose clients ask for localhost: `doctor --send` finds out.
 */
export function isLocal({ headers, httpVersion }: Pick<IncomingMessage, "headers" | "httpVersion">): boolean {
  const host = (headers.host ?? "").toLowerCase().replace(/:\d{1,5}$/, "");
  if (httpVersion === "1.0" || !localNames.has(host)) return false;
  return !Object.keys(headers).some(
    (name) => forwardingHeaders.includes(name) || name.startsWith("x-forwarded-"),
  );
}
