import type { IncomingMessage } from "node:http";
import { isIP, SocketAddress } from "node:net";

/**
 * Whom a request comes from: an IP address, as far as the `hops` proxies in front can be trusted to add theirs to
 * `X-Forwarded-For`. Whatever the client wrote there itself is further to the left, and ignored. One address has one
 * text, and one of IPv4 that of IPv4.
 */
export function clientAddress(
  { headers, socket }: Pick<IncomingMessage, "headers" | "socket">,
  hops: number,
): string {
  const near = bareAddress(socket.remoteAddress ?? "");
  if (hops === 0) return near;
  // The proxy nearest to us wrote the last one.
  return addressIn(elementsOf(headers["x-forwarded-for"]).at(-hops) ?? "") || near;
}

/**
 * True where the proxies in front say that the client asked by https. Each adds to `X-Forwarded-Proto`, or the first one's
 * is passed on: of fewer than `hops` the first one counts.
 */
export function isByHttps({ headers }: Pick<IncomingMessage, "headers">, hops: number): boolean {
  const schemes = elementsOf(headers["x-forwarded-proto"]);
  return hops > 0 && (schemes.at(-hops) ?? schemes[0])?.toLowerCase() === "https";
}

function elementsOf(header: string | readonly string[] | undefined): readonly string[] {
  return header === undefined
    ? []
    : String(header)
        .split(",")
        .map((one) => one.trim());
}

/** The address in one element, which may carry a port; empty where it is none. */
function addressIn(text: string): string {
  const bare = /^\[([^\]]*)\](?::\d+)?$/.exec(text)?.[1] ?? text.replace(/^([^:]*):\d+$/, "$1");
  return isIP(bare) === 0 ? "" : canonical(bare);
}

/** However somebody has written it; what the system says of a socket is written so already. */
function canonical(ip: string): string {
  if (isIP(ip) !== 6) return ip;
  return bareAddress(new SocketAddress({ address: ip.split("%")[0]!, family: "ipv6" }).address);
}

/** Without the zone, and without what IPv6 puts in front of an address of IPv4. */
function bareAddress(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)|%.*$/g, "");
}

/** What one client has of addresses, as `clientAddress` gives them: all of an IPv6 /64 belongs to one of them. */
export function clientKey(address: string): string {
  if (isIP(address) !== 6) return address;
  const [head = "", tail] = address.split("::");
  const first = head === "" ? [] : head.split(":");
  const last = tail === undefined || tail === "" ? [] : tail.split(":");
  const groups = [...first, ...Array<string>(Math.max(0, 8 - first.length - last.length)).fill("0"), ...last];
  return `${groups.slice(0, 4).join(":")}::/64`;
}

/** True for this machine's own of the addresses that `clientAddress` gives: a proxy on it that is not trusted may bring anyone. */
export function isLoopback(address: string): boolean {
  return address.startsWith("127.") || address === "::1";
}
