import { once } from "node:events";
import { readdirSync } from "node:fs";
import { request, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { describe, expect, inject, it } from "vitest";
import { createHttpServer } from "../../src/http/http-server.ts";
import { howToRun } from "../../src/program/how-to-run.ts";
import { createWebPage } from "../../src/web/page.ts";

const folder = join(inject("built"), "web");
const names = readdirSync(folder).filter((name) => name !== "index.html");

const pageWith = (options: { readonly graphiql: boolean }) =>
  createWebPage(pathToFileURL(`${folder}/`), options);
const usual = pageWith({ graphiql: true });

/** Asks a server that has nothing but the page. */
async function ask(
  path: string,
  headers: Readonly<Record<string, string>> = {},
  status: 200 | 401 = 200,
  page = usual,
) {
  const server = createHttpServer({
    async handler(asked, response) {
      if (path === "/") return page.sendDocument(asked, response, status);
      if (!(await page.sendAsset(asked, response, path))) response.writeHead(404).end();
    },
    failed: (error) => expect(error).toBeUndefined(),
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  try {
    const [response] = (await once(request({ port, path, headers }).end(), "response")) as [IncomingMessage];
    const chunks: Buffer[] = [];
    for await (const chunk of response) chunks.push(chunk as Buffer);
    return { status: response.statusCode, headers: response.headers, body: Buffer.concat(chunks) };
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

describe("the page's document", () => {
  it("allows nothing but files of the gateway's own", async () => {
    const { status, headers } = await ask("/");
    expect(status).toBe(200);
    expect(headers).toMatchObject({
      "content-type": "text/html; charset=utf-8",
      "cache-control": "no-cache",
      "x-content-type-options": "nosniff",
    });
    const policy = headers["content-security-policy"]!;
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toMatch(/unsafe|https?:|\*/);
  });

  it("holds no script or style of its own, and names files that are there", async () => {
    const text = (await ask("/")).body.toString("utf8");
    expect(text).not.toMatch(/<style|\sstyle=|\son\w+=|<script(?![^>]*src=)/);
    const named = [...text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, address]) => address!);
    expect(named.length).toBeGreaterThan(2);
    for (const address of named) expect(names).toContain(/^\/assets\/(.+)$/.exec(address)?.[1]);
  });

  it("is sent with 401, and kept nowhere, to those who have to sign in", async () => {
    const { status, headers, body } = await ask("/", {}, 401);
    expect([status, headers["www-authenticate"]]).toEqual([401, "Bearer"]);
    expect(headers["cache-control"]).toBe("no-store");
    expect(body.toString("utf8")).toContain("<script");
    // Where no script runs, the document has to say it.
    expect(body.toString("utf8").replaceAll(/\s+/g, " ")).toContain(
      howToRun("token create --name me --scope admin"),
    );
  });

  it("names GraphiQL where that is served, and nowhere else", async () => {
    expect((await ask("/")).body.toString()).toContain('name="graphiql"');
    const without = await ask("/", {}, 200, pageWith({ graphiql: false }));
    expect(without.body.toString()).not.toContain("graphiql");
    expect(without.body.toString()).toContain("<script");
  });

  it("is not sent again to those who have it", async () => {
    const { etag } = (await ask("/")).headers;
    const again = await ask("/", { "if-none-match": etag! });
    expect(again).toMatchObject({ status: 304, body: Buffer.alloc(0) });
  });
});

describe("the page's files", () => {
  it.each(names)("may be kept for ever, and come compressed: %s", async (name) => {
    const plain = await ask(`/assets/${name}`);
    expect(plain.headers).toMatchObject({
      "cache-control": "public, max-age=31536000, immutable",
      vary: "Accept-Encoding",
    });
    const br = await ask(`/assets/${name}`, { "accept-encoding": "gzip, deflate, br" });
    expect(br.headers["content-encoding"]).toBe("br");
    expect(brotliDecompressSync(br.body)).toEqual(plain.body);
    const gzip = await ask(`/assets/${name}`, { "accept-encoding": "gzip, br;q=0" });
    expect(gzip.headers["content-encoding"]).toBe("gzip");
    expect(gunzipSync(gzip.body)).toEqual(plain.body);
    expect(new Set([plain.headers.etag, br.headers.etag, gzip.headers.etag]).size).toBe(3);
  });

  it("are less than 150 kB together, as they are sent", async () => {
    const answers = await Promise.all(
      names.map((name) => ask(`/assets/${name}`, { "accept-encoding": "gzip" })),
    );
    const bytes = answers.reduce((total, { body }) => total + body.length, 0);
    expect(bytes).toBeLessThan(150_000);
  });

  it.each(["/assets/index.html", "/assets/none-AAAAAAAA.js", "/assets/../cli.js", "/assets/%2e%2e/cli.js"])(
    "are all that is sent: not %s",
    async (path) => {
      expect((await ask(path)).status).toBe(404);
    },
  );
});
