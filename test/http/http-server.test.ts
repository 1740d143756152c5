import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { describe, expect, it, vi } from "vitest";
import { createHttpServer, serverOptions, type HttpServerOptions } from "../../src/http/http-server.ts";
import { head, listening, send, Wire } from "./wire.ts";

async function serve(handler: HttpServerOptions["handler"], options: Partial<HttpServerOptions> = {}) {
  const failed: unknown[] = [];
  const server = createHttpServer({ handler, failed: (error) => failed.push(error), ...options });
  return { server, failed, ...(await listening(server)) };
}

/** A connection that is not read is known to have ended once it is written to. */
async function untilGone(response: ServerResponse): Promise<void> {
  while (!response.closed) {
    response.write("Is anybody there?");
    await new Promise(setImmediate);
  }
}

const get = head({}, "GET / HTTP/1.1");

describe("a server", () => {
  it("has bounds for what it waits for", async () => {
    await using server = await serve(() => {});
    expect(server.server).toMatchObject({
      headersTimeout: 10_000,
      requestTimeout: 15_000,
      keepAliveTimeout: serverOptions.keepAliveTimeout,
    });
  });

  it.each([
    [
      "throws",
      () => {
        throw new Error("a secret");
      },
    ],
    ["rejects", () => Promise.reject(new Error("a secret"))],
  ])("answers 500, and says no more, where its handler %s", async (_, handler) => {
    await using server = await serve(handler);
    const answer = await send(server.port, {});
    expect(answer.status).toBe(500);
    expect(JSON.parse(answer.body)).toMatchObject({ code: "INTERNAL_SERVER_ERROR" });
    expect(answer.body).not.toContain("secret");
    expect(server.failed).toEqual([new Error("a secret")]);
  });

  it("ends the connection where its handler fails in the middle of an answer", async () => {
    await using server = await serve((_, response) => {
      response.writeHead(200).write("half");
      return Promise.reject(new Error("a bug"));
    });
    using wire = new Wire(server.port);
    wire.write(get);
    expect(await wire.untilEnd()).not.toContain("500");
    expect(server.failed).toHaveLength(1);
  });

  it.each([
    ["http://localhost/a?b=//c", "/a?b=//c"],
    ["HTTPS://LocalHost", "/"],
    ["http://localhost?query=x", "/?query=x"],
    ["*", "*"],
  ])("takes a target that names the host as well: %s", async (target, url) => {
    await using server = await serve((request, response) => void response.end(`of ${request.url}`));
    using wire = new Wire(server.port);
    wire.write(`OPTIONS ${target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
    expect(await wire.untilEnd()).toContain(`of ${url}`);
  });

  it.each(["http://elsewhere.example/", "http://localhost:1/", "http:///", "https://me@localhost/"])(
    "takes no target that names another host than the header: %s",
    async (target) => {
      await using server = await serve((_, response) => void response.end("served"));
      using wire = new Wire(server.port);
      wire.write(`GET ${target} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
      expect(await wire.untilEnd()).toMatch(/^HTTP\/1\.1 400 .*"code":"BAD_REQUEST"/s);
    },
  );

  it("answers 405 to who wants to be led elsewhere", async () => {
    await using server = await serve((_, response) => void response.end("served"));
    using wire = new Wire(server.port);
    wire.write("CONNECT elsewhere.example:443 HTTP/1.1\r\nHost: elsewhere.example\r\n\r\n");
    expect(await wire.untilEnd()).toMatch(/^HTTP\/1\.1 405 .*"code":"METHOD_NOT_ALLOWED"/s);
  });

  it.each([
    ["nonsense", get],
    ["nonsense", get + head({}, "GET /next HTTP/1.1")],
    [get, head({ Connection: "close" }, "GET / HTTP/1.1")],
  ])(
    "answers what came whole before what cannot be parsed, and only that: %j behind %j",
    async (next, whole) => {
      const isServed = Promise.withResolvers<ServerResponse>();
      await using server = await serve(({ url }, response) => {
        if (url === "/next") response.end("and the next");
        else isServed.resolve(response);
      });
      using wire = new Wire(server.port);
      wire.write(`${whole}${next}\r\n\r\n`);
      const response = await isServed.promise;
      // Known by another connection's answer to have come after all that this one has sent.
      await send(server.port, { path: "/next" });
      wire.write("more nonsense\r\n\r\n");
      response.end("the answer");
      const answers = await wire.untilEnd();
      expect(answers.match(/HTTP\/1\.1 \d+/g)).toEqual(whole.match(/HTTP\/1\.1/g)!.map(() => "HTTP/1.1 200"));
      expect(answers).toMatch(whole.includes("/next") ? /the answer.*and the next/s : /the answer/);
    },
  );

  it.each(["with it", "later"])(
    "lets a stream go on, though what comes %s cannot be parsed",
    async (when) => {
      const isServed = Promise.withResolvers<ServerResponse>();
      await using server = await serve((_, response) => {
        response.write("begun, ");
        isServed.resolve(response);
      });
      const unread = once(server.server, "clientError");
      using wire = new Wire(server.port);
      wire.write(when === "later" ? get : `${get}nonsense\r\n\r\n`);
      await wire.until("begun");
      if (when === "later") wire.write("nonsense\r\n\r\n");
      await unread;
      (await isServed.promise).end("ended");
      expect(await wire.untilEnd()).toMatch(/^HTTP\/1\.1 200 .*begun, .*ended/s);
    },
  );

  it("puts no 400 in the place of an answer that waits behind another", async () => {
    await using server = await serve(() => {});
    using wire = new Wire(server.port);
    wire.write(`${get}${head({ "Transfer-Encoding": "chunked" }, "POST / HTTP/1.1")}nonsense\r\n\r\n`);
    expect(await wire.untilEnd()).toBe("");
  });

  const led = "CONNECT elsewhere.example:443 HTTP/1.1\r\nHost: elsewhere.example\r\n\r\n";
  const upgrade = head({ Connection: "Upgrade", Upgrade: "websocket" }, "GET /graphql HTTP/1.1");
  it.each([
    ["who wants to be led elsewhere", led],
    ["who wants a WebSocket", upgrade],
  ])("answers nothing to %s behind a request whose answer is still to come", async (_, next) => {
    await using server = await serve(
      (request, response) => {
        // Whole at once, and waits behind the other.
        if (request.url === "/quick") response.end("quick");
      },
      {
        sockets: { takes: ({ url }) => url === "/graphql", open: (_request, socket) => socket.end("opened") },
      },
    );
    using wire = new Wire(server.port);
    wire.write(`${get}${head({}, "GET /quick HTTP/1.1")}${next}`);
    expect(await wire.untilEnd()).toBe("");
  });

  it("ends who reads nothing of its answer and then wants to be led elsewhere", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    try {
      await using server = await serve((_, response) => void response.end(Buffer.alloc(64_000_000)));
      const connected = once(server.server, "connect");
      using wire = new Wire(server.port);
      wire.socket.pause();
      wire.write(`${get}${led}`);
      const [, socket] = (await connected) as [IncomingMessage, Socket];
      const closed = once(socket, "close");
      vi.advanceTimersByTime(4_999);
      expect(socket.destroyed).toBe(false);
      vi.advanceTimersByTime(1);
      await closed;
    } finally {
      vi.useRealTimers();
    }
  });

  it("serves a request once the client has taken the answer to the one before it on its connection", async () => {
    const served: string[] = [];
    const isServed = Promise.withResolvers<ServerResponse>();
    await using server = await serve(({ url = "" }, response) => {
      served.push(url);
      if (url === "/held") isServed.resolve(response);
      else response.end(url === "/large" ? Buffer.alloc(64_000_000) : `of ${url}`);
    });
    using wire = new Wire(server.port);
    wire.write(["/held", "/large", "/next"].map((url) => head({}, `GET ${url} HTTP/1.1`)).join(""));
    const held = await isServed.promise;
    await send(server.port, { path: "/elsewhere" });
    expect(served).toEqual(["/held", "/elsewhere"]);
    wire.socket.pause();
    held.end();
    await expect.poll(() => served).toContain("/large");
    await send(server.port, { path: "/elsewhere" });
    expect(served).not.toContain("/next");
    wire.socket.resume();
    await expect.poll(() => served).toEqual(["/held", "/elsewhere", "/large", "/elsewhere", "/next"]);
  });

  it.each(["destroy", "resetAndDestroy"] as const)(
    "serves nothing of what waits where it ends: %s",
    async (end) => {
      const served: string[] = [];
      const isServed = Promise.withResolvers<ServerResponse>();
      await using server = await serve(({ url = "" }, response) => {
        served.push(url);
        if (url === "/held") isServed.resolve(response);
        else response.end(`of ${url}`);
      });
      using wire = new Wire(server.port);
      wire.write(["/held", "/next"].map((url) => head({}, `GET ${url} HTTP/1.1`)).join(""));
      const response = await isServed.promise;
      wire.socket[end]();
      await once(wire.socket, "close");
      await untilGone(response);
      response.end();
      await send(server.port, { path: "/elsewhere" });
      expect(served).toEqual(["/held", "/elsewhere"]);
    },
  );

  it("serves a hundred requests that wait behind another, and cuts a connection where more do", async () => {
    let served = 0;
    const held: ServerResponse[] = [];
    await using server = await serve((_, response) => {
      served += 1;
      if (served === 1) held.push(response);
      else response.end("done");
    });
    using wire = new Wire(server.port);
    wire.write(get.repeat(101));
    await expect.poll(() => held).toHaveLength(1);
    held[0]!.end("held");
    await expect.poll(() => served).toBe(101);
    served = 0;
    wire.write(get.repeat(102));
    await wire.untilEnd();
    expect([served, server.failed]).toEqual([1, []]);
  });

  it("has requests wait that expect what is not there, and cuts a connection where more than a hundred do", async () => {
    let served = 0;
    await using server = await serve(() => void (served += 1));
    using wire = new Wire(server.port);
    wire.write(get + head({ Expect: "x" }, "GET / HTTP/1.1").repeat(101));
    await wire.untilEnd();
    expect(served).toBe(1);
  });

  const withHeaders = (count: number): string =>
    head(
      Object.fromEntries(Array.from({ length: count - 1 }, (_, index) => [`a${index}`, "b"])),
      "GET / HTTP/1.1",
    );

  it("serves a request of a hundred headers, and answers 431 where there are more", async () => {
    await using server = await serve((_, response) => void response.end("done"));
    for (const [count, status] of [
      [100, 200],
      [101, 431],
    ] as const) {
      using wire = new Wire(server.port);
      wire.write(withHeaders(count));
      expect(await wire.until("\r\n\r\n")).toContain(`HTTP/1.1 ${status} `);
    }
  });

  it("cuts a connection where a request of more headers waits", async () => {
    let served = 0;
    await using server = await serve(() => void (served += 1));
    using wire = new Wire(server.port);
    wire.write(get + withHeaders(101));
    await wire.untilEnd();
    expect(served).toBe(1);
  });

  it.each(["a b", "[", "localhost:65536", "<"])("answers 400 where the host is none: %s", async (host) => {
    await using server = await serve((_, response) => void response.end("done"));
    using wire = new Wire(server.port);
    wire.write(`GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
    const answer = await wire.untilEnd();
    expect(answer).toContain("HTTP/1.1 400 ");
    expect(answer).toContain("must name exactly one valid host");
    expect(server.failed).toEqual([]);
  });

  it("reads no more of what waits behind an answer than came with it, and goes on once that is sent", async () => {
    const served: string[] = [];
    const held = Promise.withResolvers<ServerResponse>();
    await using server = await serve(({ url = "" }, response) => {
      served.push(url);
      if (url === "/held") held.resolve(response);
      else response.end("done");
    });
    const connected = once(server.server, "connection") as Promise<[Socket]>;
    using wire = new Wire(server.port);
    wire.write(head({}, "GET /held HTTP/1.1"));
    const [socket] = await connected;
    const response = await held.promise;
    const post = head({ "Content-Length": 50_000 }, "POST /next HTTP/1.1") + "x".repeat(50_000);
    await new Promise<void>((resolve) => wire.socket.write(post.repeat(50), () => resolve()));
    for (let time = 0; time < 10; time += 1) await send(server.port, { path: "/elsewhere" });
    expect(socket.bytesRead).toBeLessThan(4 * 65_536);
    response.end();
    await expect.poll(() => served.filter((url) => url === "/next").length).toBe(50);
  });

  it("ends the connection of a request that asks to become something else, so that what follows is sent again", async () => {
    await using server = await serve((_, response) => void response.end("done"));
    using wire = new Wire(server.port);
    wire.write(head({ Upgrade: "h2c", Connection: "Upgrade" }, "GET / HTTP/1.1") + get);
    const received = await wire.untilEnd();
    expect(received.match(/^(HTTP.*|Connection: .*)(?=\r)/gm)).toEqual([
      "HTTP/1.1 200 OK",
      "Connection: close",
    ]);
  });

  it("puts no 400 into an answer that has begun before its request was over", async () => {
    await using server = await serve((request, response) => {
      request.resume();
      response.writeHead(200).write("half");
    });
    using wire = new Wire(server.port);
    wire.write(head({ "Transfer-Encoding": "chunked" }, "POST / HTTP/1.1"));
    await wire.until("half");
    wire.write("nonsense\r\n\r\n");
    expect(await wire.untilEnd()).not.toContain("400");
  });

  it("answers 400 after an answer that is complete", async () => {
    await using server = await serve((_, response) => void response.end("done"));
    using wire = new Wire(server.port);
    wire.write(get);
    await wire.until("done");
    wire.write("nonsense\r\n\r\n");
    expect(await wire.untilEnd()).toContain('"code":"BAD_REQUEST"');
  });

  it("answers 408 to a connection that sends nothing, and blames no request", async () => {
    const late: IncomingMessage[] = [];
    await using server = await serve(() => {}, {
      timedOut: (request) => late.push(request),
      options: { headersTimeout: 50, requestTimeout: 100, connectionsCheckingInterval: 10 },
    });
    using wire = new Wire(server.port);
    expect(await wire.untilEnd()).toContain('"code":"REQUEST_TIMEOUT"');
    expect(late).toEqual([]);
  });

  it("answers 408 to half a request, and does not blame the one before it", async () => {
    const late: IncomingMessage[] = [];
    await using server = await serve((_, response) => void response.end("done"), {
      timedOut: (request) => late.push(request),
      options: { headersTimeout: 50, requestTimeout: 100, connectionsCheckingInterval: 10 },
    });
    using wire = new Wire(server.port);
    wire.write(get);
    await wire.until("done");
    wire.write("GET / HTTP/1.1\r\n");
    expect(await wire.untilEnd()).toContain('"code":"REQUEST_TIMEOUT"');
    expect(late).toEqual([]);
  });

  it("goes on where a client is gone before its answer", async () => {
    const held = Promise.withResolvers<ServerResponse>();
    await using server = await serve((request, response) => {
      if (request.url === "/") held.resolve(response);
      else response.end("alive");
    });
    using wire = new Wire(server.port);
    wire.write(get);
    const response = await held.promise;
    const closed = once(response, "close");
    wire.socket.resetAndDestroy();
    await closed;
    response.end("too late");
    expect((await send(server.port, { path: "/x" })).body).toBe("alive");
    expect(server.failed).toEqual([]);
  });

  it("cuts a client that takes nothing of its answer, though the answer is complete", async () => {
    await using server = await serve((_, response) => void response.end(Buffer.alloc(64_000_000)), {
      stallMs: 50,
    });
    const connection = once(server.server, "connection");
    using wire = new Wire(server.port);
    wire.socket.pause();
    wire.write(get);
    const [socket] = (await connection) as [Socket];
    await once(socket, "close");
    expect(server.failed).toEqual([]);
  });

  it("cuts nobody who waits for an answer that takes longer", async () => {
    await using server = await serve(
      async (request, response) => {
        await once(request.socket, "timeout");
        response.end("done");
      },
      { stallMs: 50 },
    );
    expect((await send(server.port, {})).body).toBe("done");
  });

  it("ends a connection on which nothing is asked any more", async () => {
    await using server = await serve((_, response) => void response.end("done"), {
      options: { keepAliveTimeout: 50 },
    });
    using wire = new Wire(server.port);
    wire.write(get);
    expect(await wire.untilEnd()).toContain("done");
  });
});
