import type { IncomingMessage } from "node:http";
import { isIP, SocketAddress } from "node:net";

/**
 * Returns the IP address of a request's client. With `hops` trusted proxies in front, it is the one that the outermost
 * of them appended to `X-Forwarded-For`: anything the client wrote there itself is further to the left, and ignored.
 * Every address is in its one canonical form; an IPv4-mapped IPv6 address is given as IPv4.
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
 * True if the trusted proxies say that the client used https. Either each appends to `X-Forwarded-Proto`, or the value
 * of the outermost is passed on: of fewer than `hops` values the first counts.
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

/** The address in one element, which may have a port; empty if it is no address. */
function addressIn(text: string): string {
  const bare = /^\[([^\]]*)\](?::\d+)?$/.exec(text)?.[1] ?? text.replace(/^([^:]*):\d+$/, "$1");
  return isIP(bare) === 0 ? "" : canonical(bare);
}

/** The address in canonical form, in which the system gives that of a socket already. */
function canonical(ip: string): string {
  if (isIP(ip) !== 6) return ip;
  return bareAddress(new SocketAddress({ address: ip.split("%")[0]!, family: "ipv6" }).address);
}

/** The address without its zone, and without the `::ffff:` of an IPv4-mapped one. */
function bareAddress(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)|%.*$/g, "");
}

/** Returns one key for all addresses of a client (see `clientAddress`): an IPv6 /64, or an IPv4 address itself. */
export function clientKey(address: string): string {
  if (isIP(address) !== 6) return address;
  const [head = "", tail] = address.split("::");
  const first = head === "" ? [] : head.split(":");
  const last = tail === undefined || tail === "" ? [] : tail.split(":");
  const groups = [...first, ...Array<string>(Math.max(0, 8 - first.length - last.length)).fill("0"), ...last];
  return `${groups.slice(0, 4).join(":")}::/64`;
}

/** True for this machine's addresses (see `clientAddress`). An untrusted proxy on it gives all clients one of these. */
export function isLoopback(address: string): boolean {
  return address.startsWith("127.") || address === "::1";
}
