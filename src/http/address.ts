import type { IncomingMessage } from "node:http";
import { isIP } from "node:net";

/**
 * Whom a request comes from: an IP address, as far as the `hops` proxies in front can be trusted to add theirs to
 * `X-Forwarded-For`. Whatever the client wrote there itself is further to the left, and ignored.
 */
export function clientAddress(
  { headers, socket }: Pick<IncomingMessage, "headers" | "socket">,
  hops: number,
): string {
  const near = socket.remoteAddress ?? "";
  if (hops === 0) return near;
  const forwarded = String(headers["x-forwarded-for"] ?? "")
    .split(",")
    .map((one) => addressIn(one.trim()));
  // The proxy nearest to us wrote the last one.
  return forwarded.at(-hops) || near;
}

/** The address in one element, which may carry a port; empty where it is none. */
function addressIn(text: string): string {
  const bare = /^\[([^\]]*)\](?::\d+)?$/.exec(text)?.[1] ?? text.replace(/^([^:]*):\d+$/, "$1");
  return isIP(bare) === 0 ? "" : bare;
}

/** What one client has of addresses: all of an IPv6 /64 belongs to one of them. */
export function clientKey(address: string): string {
  if (isIP(address) !== 6) return address;
  if (/^::ffff:\d+\.\d+\.\d+\.\d+$/i.test(address)) return address.slice(7);
  const [head = "", tail] = address.split("%")[0]!.split("::");
  const first = head === "" ? [] : head.split(":");
  const last = tail === undefined || tail === "" ? [] : tail.split(":");
  const groups = [...first, ...Array<string>(Math.max(0, 8 - first.length - last.length)).fill("0"), ...last];
  return `${groups.slice(0, 4).join(":")}::/64`;
}

/** True for this machine's own addresses: a proxy on it that is not trusted may bring anyone. */
export function isLoopback(address: string): boolean {
  return /^(?:::ffff:)?127\./i.test(address) || address === "::1";
}
