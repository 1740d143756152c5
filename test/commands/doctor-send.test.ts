import { hash } from "node:crypto";
import { describe, expect, it, vi } from "vitest";
import { sendTestDelivery, type SendOptions } from "../../src/commands/doctor-send.ts";

const sending = (options: Partial<SendOptions>) =>
  sendTestDelivery({
    url: "https://gateway.example",
    sign: () => "signature",
    isOwnSecret: false,
    bearer: null,
    arrived: async () => true,
    fetch: async () => new Response(null, { status: 202 }),
    ...options,
  });
const answering = (status: number, headers = {}, body: BodyInit | null = null) => ({
  fetch: async () => new Response(body, { status, headers }),
});
const refusing = (status: number, code: string) => answering(status, {}, JSON.stringify({ status, code }));
/** More than anybody would read. */
const endless = () => new ReadableStream({ pull: (to) => to.enqueue(new Uint8Array(1_000)) });

describe("a test delivery", () => {
  it("is posted to the webhook route, signed, and looked for in the store", async () => {
    const asked: [unknown, RequestInit | undefined][] = [];
    const looked: string[] = [];
    const result = await sending({
      bearer: "token",
      fetch: async (url, init) => {
        asked.push([url instanceof URL ? url.href : url, init]);
        return new Response(null, { status: asked.length === 1 ? 202 : 401 });
      },
      arrived: async (sha256) => {
        looked.push(sha256);
        return true;
      },
    });
    expect(result.is).toBe("arrived");
    expect(asked).toMatchObject([
      [
        "https://gateway.example/webhooks/sentry",
        {
          headers: { "Sentry-Hook-Signature": "signature", Authorization: "Bearer token" },
          redirect: "manual",
        },
      ],
      ["https://gateway.example/metrics", { redirect: "manual" }],
    ]);
    expect(asked[1]![1]).not.toHaveProperty("headers");
    expect(looked).toEqual([hash("sha256", asked[0]![1]!.body as Uint8Array)]);
  });

  it("is about no issue, signed as it is sent, and another one each time", async () => {
    const sent: string[] = [];
    const signed: string[] = [];
    for (const _ of [1, 2])
      await sending({
        sign: (body) => String(signed.push(Buffer.from(body).toString())),
        fetch: async (_url, init) => {
          if (init?.method === "POST") sent.push(Buffer.from(init.body as Uint8Array).toString());
          return new Response(null, { status: 202 });
        },
      });
    expect(signed).toEqual(sent);
    expect(new Set(sent).size).toBe(2);
    for (const body of sent)
      expect(JSON.parse(body)).toEqual({ action: "test", data: { doctor: expect.any(String) } });
  });

  it("that arrives later than Sentry waits for is told so", async () => {
    vi.useFakeTimers({ toFake: ["performance"] });
    try {
      const arrivingAfter = (milliseconds: number) =>
        sending({
          async fetch() {
            vi.advanceTimersByTime(milliseconds);
            return new Response(null, { status: 202 });
          },
        });
      expect(await arrivingAfter(1_000)).toEqual({ is: "arrived", milliseconds: 1_000 });
      expect(await arrivingAfter(1_001)).toMatchObject({ problem: expect.stringContaining("after 1001 ms") });
    } finally {
      vi.useRealTimers();
    }
  });

  it.each([
    [null, `Basic ${Buffer.from("ann:p@ss word").toString("base64")}`],
    ["token", "Bearer token"],
  ])("carries the user and password of the address where its token is %s", async (bearer, expected) => {
    const asked: [string, unknown][] = [];
    const result = await sending({
      url: "https://ann:p%40ss%20word@gateway.example/",
      bearer,
      async fetch(url, { headers } = {}) {
        asked.push([url instanceof URL ? url.href : "", new Headers(headers).get("authorization")]);
        return new Response(null, { status: 404 });
      },
    });
    expect(asked).toEqual([["https://gateway.example/webhooks/sentry", expected]]);
    expect(result).toMatchObject({
      problem: "https://gateway.example/webhooks/sentry answers 404 instead of 202.",
    });
  });

  it.each([
    [
      "is redirected",
      answering(308, { location: "https://gateway.example/webhooks/sentry/" }),
      "redirect (308)",
      "leads to: https://gateway.example/webhooks/sentry/.",
    ],
    [
      "has another signature",
      refusing(401, "SIGNATURE_INVALID"),
      "signature was refused",
      "SENTRY_CLIENT_SECRET",
    ],
    [
      "has another token",
      refusing(401, "UNAUTHENTICATED"),
      "Authorization header was refused",
      "WEBHOOK_BEARER",
    ],
    ["is asked to log in", answering(401, {}, "<html>"), "not from the gateway", "without a login"],
    ["is not let through", answering(403, {}, endless()), "not from the gateway", "without a login"],
    ["is one of too many", refusing(429, "RATE_LIMITED"), "429 (RATE_LIMITED)", "Look into the logs"],
    [
      "goes elsewhere",
      { url: "https://gateway.example/graphql" },
      "no webhooks at /graphql",
      "/webhooks/sentry",
    ],
    [
      "Sentry could not have signed",
      { isOwnSecret: true },
      "Sentry does not know",
      "set SENTRY_CLIENT_SECRET",
    ],
    ["finds nothing there", answering(404), "answers 404", "Have the proxy forward POST /webhooks/sentry"],
    ["is not kept", answering(503), "answers 503", "Look into the logs"],
    [
      "arrives elsewhere",
      { arrived: async () => false },
      "not in this gateway's database",
      "Another gateway",
    ],
    [
      "cannot be sent",
      { fetch: () => Promise.reject(new TypeError("fetch failed", { cause: new Error("ECONNREFUSED") })) },
      "ECONNREFUSED",
      "Check the name",
    ],
  ])("that %s is told so, with what to do", async (_, options, problem, remedy) => {
    expect(await sending(options)).toMatchObject({
      is: "wrong",
      problem: expect.stringContaining(problem),
      remedy: expect.stringContaining(remedy),
    });
  });

  const open: typeof fetch = async (url) =>
    url instanceof URL ? new Response(null, { status: 202 }) : new Response("issuewire_ack_seconds_sum 0\n");

  it("that arrives where anyone may read everything is told so, with what to do", async () => {
    expect(await sending({ fetch: open })).toMatchObject({
      is: "wrong",
      problem: expect.stringContaining("anyone may read everything through https://gateway.example:"),
      remedy: expect.stringContaining("token create"),
    });
  });

  it.each(["http://localhost:4000", "http://127.0.0.1:4000/webhooks/sentry", "http://[::1]:4000"])(
    "that is sent to %s arrives, though whoever is on this machine may read everything",
    async (url) => {
      expect(await sending({ url, fetch: open })).toMatchObject({ is: "arrived" });
    },
  );
});
