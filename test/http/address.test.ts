import type { IncomingMessage } from "node:http";
import { describe, expect, it } from "vitest";
import { clientAddress, clientKey, isByHttps, isLoopback } from "../../src/http/address.ts";

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
    ["is the same in every spelling", "2001:0DB8:0:0::0001", 1, "2001:db8::1"],
    ["is that of IPv4 also where IPv6 holds it", "0:0:0:0:0:ffff:CB00:7107", 1, "203.0.113.7"],
    ["has no zone of a machine's own", "fe80::1%eth0", 1, "fe80::1"],
    ["is the socket's when the proxy added nothing", null, 1, "10.0.0.1"],
    ["is the socket's when fewer proxies added theirs than are trusted", "203.0.113.7", 2, "10.0.0.1"],
    ["is the socket's when there is no address", "unknown", 1, "10.0.0.1"],
  ])("%s", (_, forwarded, hops, address) => {
    expect(from(forwarded, hops)).toBe(address);
  });

  it.each([
    ["203.0.113.7", "203.0.113.7"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
    ["2001:db8:1:2::6", "2001:db8:1:2::/64"],
    ["2001:db8::6", "2001:db8:0:0::/64"],
    ["2001::1:2:3:4:5", "2001:0:0:1::/64"],
    ["::1", "0:0:0:0::/64"],
    ["fe80::1", "fe80:0:0:0::/64"],
    ["", ""],
  ])("%s belongs to %s", (address, key) => {
    expect(clientKey(address)).toBe(key);
  });

  it.each(["127.0.0.1", "127.8.9.10", "::1", "0:0:0:0:0:0:0:1", "::ffff:127.0.0.1", "::ffff:7f00:1"])(
    "is this machine's own as %s",
    (address) => expect(isLoopback(from(address, 1))).toBe(true),
  );
});

describe("a client behind proxies", () => {
  it.each([
    ["https", 1, true],
    ["HTTPS", 1, true],
    ["https, http", 2, true],
    ["https,http", 2, true],
    ["http, https, http", 2, true],
    ["https, http", 1, false],
    ["http, https", 2, false],
    ["https", 2, true],
    ["http", 1, false],
    ["", 1, false],
    ["https", 0, false],
  ])("that say %j, of which the last %i are trusted, asks by https: %s", (said, hops, expected) => {
    expect(isByHttps({ headers: { "x-forwarded-proto": said } }, hops)).toBe(expected);
  });

  it("does not where they say nothing", () => expect(isByHttps({ headers: {} }, 1)).toBe(false));
});
