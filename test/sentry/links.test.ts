import { describe, expect, it } from "vitest";
import { organizationIn, urlOf } from "../../src/sentry/links.ts";

describe("urlOf", () => {
  it.each([
    "https://lumen-labs.sentry.io/issues/1/",
    "http://sentry.internal:9000/organizations/x/issues/1/?a=b#c",
    "HTTPS://EXAMPLE.COM",
    "https://example.com/é",
    "https://[::1]/",
  ])("is %s", (url) => {
    expect(urlOf(url)).toBe(url);
  });

  it.each([
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)//https://x.example",
    "data:text/html,x",
    "ftp://example.com/",
    "//example.com/",
    "/issues/1/",
    "https://",
    "https://exa mple.com/",
    "https://example.com/a b",
    "https://example.com/\n",
    "https://example.com/\u0001",
    'https://example.com/"onclick="',
    "https://example.com/<script>",
    "https://example.com:99999/",
    " https://example.com/",
    "",
    null,
    7,
    {},
  ])("is null for %j", (value) => {
    expect(urlOf(value)).toBe(null);
  });
});

describe("organizationIn", () => {
  it.each([
    [["https://sentry.io/api/0/organizations/lumen-labs/issues/1/"], "lumen-labs"],
    [["https://us.sentry.io/api/0/organizations/lumen_labs/issues/1/"], "lumen_labs"],
    [["http://sentry.internal/organizations/lumen-labs"], "lumen-labs"],
    [[null, "https://lumen-labs.sentry.io/issues/1/"], "lumen-labs"],
    [["https://LUMEN-labs.sentry.io"], "lumen-labs"],
    [["https://lumen-labs.sentry.io/issues/1/", "https://sentry.io/organizations/other/"], "other"],
    [["https://us.sentry.io/issues/1/", "https://lumen-labs.sentry.io/issues/1/"], "lumen-labs"],
    [["https://sentry.io/issues/1/"], null],
    [["https://www.sentry.io/issues/1/"], null],
    [["https://lumen-labs.sentry.io.evil.example/"], null],
    [["https://evil.example/?next=https://lumen-labs.sentry.io/"], null],
    [["https://evil.example/?x=/organizations/lumen-labs/"], null],
    [["https://sentry.internal/organizations//issues/"], null],
    [["https://sentry.internal/organizations/%2e%2e/"], null],
    [[null, null], null],
  ])("of %j is %j", (links, slug) => {
    expect(organizationIn(links)).toBe(slug);
  });
});
