import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setImmediate as nextTurn } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { createHttpServer } from "../../src/http/http-server.ts";
import { createAdmit } from "../../src/http/access/admit.ts";
import { isLocal } from "../../src/http/access/local.ts";
import { createRequestRate } from "../../src/http/limits/request-rate.ts";
import { createRoutes } from "../../src/http/routes.ts";
import { request } from "node:http";

const says = (text: string) => (_: IncomingMessage, response: ServerResponse) => void response.end(text);

type Asked = { readonly method?: string; readonly headers?: Readonly<Record<string, string>> };

function routes({
  notReady = null,
  from = "127.0.0.1",
  metrics = async () => "metrics",
}: {
  readonly notReady?: string | null;
  readonly from?: string;
  readonly metrics?: () => Promise<string>;
}) {
  return createRoutes({
    webhook: says("webhook"),
    graphql: says("graphql"),
    admit: createAdmit({
      tokens: { find: async () => null, hasAny: () => false, whileNone: () => new AbortController().signal },
      readJwt: null,
      allowAnonymous: false,
      canTellOwn: true,
      now: Date.now,
      keysFailed: (error) => expect(error).toBeUndefined(),
      jwtRefused: (fault) => expect(fault).toBeUndefined(),
    }),
    origins: [],
    session: says("session"),
    maxUrlBytes: 300,
    rate: createRequestRate({ perMinute: 2, addressOf: () => from }),
    page: {
      async sendDocument(_request, response, status) {
        response.writeHead(status).end("page");
      },
      async sendAsset(_request, response, asset) {
        if (asset !== "/assets/main-1.js") return false;
        response.end("asset");
        return true;
      },
    },
    whyNotReady: async () => notReady,
    registry: { metrics, contentType: "text/plain; version=0.0.4; charset=utf-8" },
  });
}

/** Asks a server of these routes, and says what it answered. */
async function ask(path: string, asked: Asked = {}, notReady: string | null = null) {
  const [answer] = await askAll([[path, asked]], notReady);
  return answer!;
}

/** As `ask`, one after the other on one server; all from one address. */
async function askAll(
  all: readonly (readonly [path: string, asked: Asked])[],
  notReady: string | null = null,
  from = "127.0.0.1",
) {
  const handler = routes({ notReady, from });
  const server = createHttpServer({ handler, failed: (error) => expect(error).toBeUndefined() });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  try {
    const answers = [];
    for (const [path, { method = "GET", headers = {} }] of all) {
      const asking = request({
        port,
        path,
        method,
        headers: { host: `localhost:${port}`, ...headers },
      }).end();
      const [response] = (await once(asking, "response")) as [IncomingMessage];
      let body = "";
      for await (const chunk of response.setEncoding("utf8")) body += chunk;
      answers.push({ status: response.statusCode, headers: response.headers, body });
    }
    return answers;
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

describe("the routes", () => {
  it.each([
    ["/webhooks/sentry", "webhook"],
    ["/webhooks/sentry/?x=1", "webhook"],
    ["/graphql", "graphql"],
    ["/graphql?query=x", "graphql"],
    ["/metrics", "metrics"],
    ["/", "page"],
    ["/?status=resolved", "page"],
    ["/assets/main-1.js", "asset"],
  ])("lead %s to %s", async (path, body) => {
    expect(await ask(path)).toMatchObject({ status: 200, body });
  });

  it("put the figures together once for all who ask at the same time, and anew for who asks later", async () => {
    let times = 0;
    let asked = 0;
    const handler = routes({
      async metrics() {
        while (asked < 2) await nextTurn();
        // Until then the second has asked as well.
        await nextTurn();
        asked = 0;
        return `figures ${(times += 1)}`;
      },
    });
    const server = createHttpServer({
      handler(request, response) {
        asked += 1;
        return handler(request, response);
      },
      failed: (error) => expect(error).toBeUndefined(),
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const figures = async (): Promise<readonly string[]> => {
      const asking = Array.from({ length: 2 }, async () =>
        (await fetch(`http://127.0.0.1:${port}/metrics`)).text(),
      );
      return Promise.all(asking);
    };
    try {
      expect(await figures()).toEqual(["figures 1", "figures 1"]);
      expect(await figures()).toEqual(["figures 2", "figures 2"]);
    } finally {
      server.close();
    }
  });

  it("show figures that no cache keeps for others", async () => {
    for (const path of ["/metrics", "/health/live", "/health/ready"])
      expect((await ask(path)).headers["cache-control"]).toBe("no-store");
  });

  it("refuse an address that sends too many requests, but never a webhook or a health check, and never this machine", async () => {
    const six = [
      ["/graphql", {}],
      ["/metrics", {}],
      ["/graphql", {}],
      ["/webhooks/sentry", {}],
      ["/health/live", {}],
      ["/health/ready?silence=1", {}],
    ] as const;
    const far = await askAll(six, null, "203.0.113.7");
    expect(far.map(({ status }) => status)).toEqual([200, 200, 429, 200, 200, 200]);
    expect(far[2]).toMatchObject({
      // Whoever sends more at once than may be answered is read no further.
      headers: { "retry-after": "30", connection: "close" },
      body: expect.stringContaining("RATE_LIMITED"),
    });
    const here = await askAll(six, null, "127.0.0.1");
    expect(here.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200, 200]);
  });

  it("refuse a URL that is too long, but for webhooks", async () => {
    const { status, body } = await ask(`/graphql?query=${"x".repeat(300)}`);
    expect([status, body]).toEqual([414, expect.stringContaining("BAD_REQUEST")]);
    expect((await ask(`/webhooks/sentry?${"x".repeat(300)}`)).body).toBe("webhook");
  });

  it("send the page with 401 to a browser that may not read, so that it can ask for a token", async () => {
    const elsewhere = { host: "gateway.example" };
    const browser = { ...elsewhere, accept: "text/html,*/*" };
    expect(await ask("/", { headers: browser })).toMatchObject({ status: 401, body: "page" });
    expect((await ask("/", { headers: elsewhere })).body).toContain("UNAUTHENTICATED");
    expect(await ask("/graphql", { headers: browser })).toMatchObject({ status: 401, body: "page" });
    expect((await ask("/graphql", { headers: elsewhere })).body).toContain("UNAUTHENTICATED");
    expect((await ask("/metrics", { headers: browser })).body).toContain("UNAUTHENTICATED");
    expect(await ask("/assets/main-1.js", { headers: elsewhere })).toMatchObject({ status: 200 });
  });

  it.each([
    ["/nothing", "/graphql, "],
    ["/graphql/", "without a / at the end"],
    ["/graphql/x", "/graphql, "],
    ["/health", "/health/ready"],
    ["/webhooks", "/webhooks/sentry"],
    ["/assets/none.js", "reload the page"],
  ])("have nothing at %s, and say what there is", async (path, says) => {
    const { status, body } = await ask(path);
    const detail = expect.stringContaining(says) as string;
    expect([status, JSON.parse(body)]).toMatchObject([404, { code: "NOT_FOUND", detail }]);
  });

  it("say whether the process lives and is ready, and why it is not", async () => {
    expect(await ask("/health/live")).toMatchObject({ status: 200, body: '{"status":"live"}' });
    expect(await ask("/health/ready")).toMatchObject({ status: 200, body: '{"status":"ready"}' });
    expect(await ask("/health/ready", {}, "stopping")).toMatchObject({
      status: 503,
      body: '{"status":"not ready","reason":"stopping"}',
    });
    expect(await ask("/health/live", { method: "POST" })).toMatchObject({ status: 405 });
  });

  const fromElsewhere: readonly (readonly [string, Readonly<Record<string, string>>])[] = [
    ["another host", { host: "evil.example" }],
    ["a host that begins like this one", { host: "localhost.evil.example" }],
    ["a proxy in front", { "x-forwarded-for": "203.0.113.7" }],
    ["a tunnel in front", { "x-forwarded-proto": "https" }],
    ["a standard proxy", { forwarded: "for=203.0.113.7" }],
    ["a relay", { via: "1.1 relay" }],
  ];
  it.each(fromElsewhere)("refuse readers that come with %s", async (_, headers) => {
    for (const path of ["/", "/graphql", "/metrics"]) {
      const { status, body } = await ask(path, { headers });
      expect([path, status]).toEqual([path, 401]);
      expect(body).toContain("UNAUTHENTICATED");
    }
  });

  it.each(fromElsewhere)("take webhooks and health checks that come with %s", async (_, headers) => {
    expect((await ask("/webhooks/sentry", { headers })).body).toBe("webhook");
    expect((await ask("/health/ready", { headers })).status).toBe(200);
  });

  it.each(["localhost", "LOCALHOST:4000", "127.0.0.1:1", "[::1]", "[::1]:4000"])(
    "know %s for this machine",
    (host) => {
      expect(isLocal({ headers: { host }, httpVersion: "1.1" })).toBe(true);
    },
  );
});
