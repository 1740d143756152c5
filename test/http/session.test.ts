import { once } from "node:events";
import { request, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it } from "vitest";
import type { Admission } from "../../src/http/access/admit.ts";
import { createHttpServer } from "../../src/http/http-server.ts";
import { createSessionHandler } from "../../src/http/access/session.ts";

const now = 1_000_000;
const admitted: Admission = {
  is: "admitted",
  viewer: { scope: "read", projects: "all" },
  until: null,
  revoked: new AbortController().signal,
};

type Asked = { readonly method?: string; readonly headers?: Readonly<Record<string, string>> };

async function ask(asked: Asked, admission: Admission = admitted, hops = 0) {
  const { statusCode: status, headers } = await answerTo(asked, admission, hops);
  return { status, cookie: headers["set-cookie"]?.[0] };
}

async function answerTo({ method = "POST", headers = {} }: Asked, admission: Admission, hops: number) {
  const handler = createSessionHandler({ admit: async () => admission, hops, now: () => now });
  const server = createHttpServer({ handler, failed: (error) => expect(error).toBeUndefined() });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  try {
    const asking = request({
      port,
      path: "/session",
      method,
      headers: { host: "board.example", ...headers },
    });
    const [response] = (await once(asking.end(), "response")) as [IncomingMessage];
    return response.resume();
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

const authorization = "Bearer iw_token";

describe("a session", () => {
  it("is a cookie with the token that no script can read and no other site can use", async () => {
    expect(await ask({ headers: { authorization } })).toEqual({
      status: 204,
      cookie: "issuewire_session=iw_token; Path=/; HttpOnly; SameSite=Strict",
    });
  });

  it("is kept by nobody on its way", async () => {
    const { headers } = await answerTo({ headers: { authorization } }, admitted, 0);
    expect(headers["cache-control"]).toBe("no-store");
  });

  it("ends when the token does", async () => {
    const { cookie } = await ask({ headers: { authorization } }, { ...admitted, until: now + 90_500 });
    expect(cookie).toMatch(/; Max-Age=90$/);
  });

  it("is for https alone where a trusted proxy was asked by that", async () => {
    const headers = { authorization, "x-forwarded-proto": "https, http" };
    expect((await ask({ headers }, admitted, 2)).cookie).toContain("; Secure");
    expect((await ask({ headers }, admitted, 0)).cookie).not.toContain("Secure");
  });

  it("is ended by DELETE", async () => {
    expect(await ask({ method: "DELETE" })).toEqual({
      status: 204,
      cookie: "issuewire_session=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0",
    });
  });

  it.each([
    ["another site", { "sec-fetch-site": "cross-site" }],
    ["another origin of this site", { "sec-fetch-site": "same-site" }],
    ["another origin, by an old browser", { origin: "https://evil.example" }],
    ["a page without an origin", { origin: "null" }],
  ])("cannot be begun or ended by a page of %s", async (_, headers) => {
    for (const method of ["POST", "DELETE"])
      expect(await ask({ method, headers: { authorization, ...headers } })).toEqual({
        status: 403,
        cookie: undefined,
      });
  });

  it.each([
    { "sec-fetch-site": "same-origin" },
    { origin: "https://board.example" },
    { origin: "https://board.example", host: "board.example:443" },
  ])("can be begun by the gateway's own page: %j", async (headers) => {
    expect(await ask({ headers: { authorization, ...headers } })).toMatchObject({ status: 204 });
  });

  it("needs a token that is valid", async () => {
    expect(await ask({})).toEqual({ status: 401, cookie: undefined });
    const refused = { is: "refused", message: "no" } as const;
    expect(await ask({ headers: { authorization } }, refused)).toEqual({ status: 401, cookie: undefined });
  });

  it("is refused where no browser would keep it", async () => {
    const asking = (length: number) =>
      ask({ headers: { authorization: `Bearer ${"a".repeat(length - "issuewire_session".length)}` } });
    expect((await asking(4_096)).status).toBe(204);
    expect(await asking(4_097)).toEqual({ status: 413, cookie: undefined });
  });

  it("has no other methods", async () => {
    const { statusCode, headers } = await answerTo({ method: "GET" }, admitted, 0);
    expect([statusCode, headers.allow]).toEqual([405, "POST, DELETE"]);
  });
});
