import type { IncomingMessage } from "node:http";
import { describe, expect, it } from "vitest";
import { clientAddress, clientKey } from "../../src/http/address.ts";

const from = (forwarded: string | null, hops: number) =>
  clientAddress(
    // Nothing else of the request is read.
    {
      headers: forwarded === null ? {} : { "x-forwarded-for": forwarded },
      socket: { remoteAddress: "10.0.0.1" },
    } as unknown as IncomingMessage,
    hops,
  );

describe("the address of a client", () => {
  it.each([
    ["is the socket's, whatever is claimed, without a proxy", "203.0.113.7", 0, "10.0.0.1"],
    ["is what the only proxy added", "6.6.6.6, 203.0.113.7", 1, "203.0.113.7"],
    ["is what the first of two proxies added", "6.6.6.6, 203.0.113.7, 10.0.0.2", 2, "203.0.113.7"],
    ["may carry a port", "203.0.113.7:4711", 1, "203.0.113.7"],
    ["may be IPv6, with a port", "[2001:db8::1]:4711", 1, "2001:db8::1"],
    ["may be IPv6", "2001:db8::1", 1, "2001:db8::1"],
    ["is the socket's when the proxy added nothing", null, 1, "10.0.0.1"],
    ["is the socket's when fewer proxies added theirs than are trusted", "203.0.113.7", 2, "10.0.0.1"],
    ["is the socket's when there is no address", "unknown", 1, "10.0.0.1"],
  ])("%s", (_, forwarded, hops, address) => {
    expect(from(forwarded, hops)).toBe(address);
  });

  it.each([
    ["203.0.113.7", "203.0.113.7"],
    ["::ffff:203.0.113.7", "203.0.113.7"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
    ["2001:db8:1:2::6", "2001:db8:1:2::/64"],
    ["2001:db8::6", "2001:db8:0:0::/64"],
    ["::1", "0:0:0:0::/64"],
    ["fe80::1%eth0", "fe80:0:0:0::/64"],
    ["", ""],
  ])("%s belongs to %s", (address, key) => {
    expect(clientKey(address)).toBe(key);
  });
});
