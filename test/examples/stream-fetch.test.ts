import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { createClient } from "graphql-sse";
import { expect, it, onTestFinished, vi } from "vitest";

/** An event stream that has told one thing, to be told more on. */
async function stream() {
  const opened = Promise.withResolvers<ServerResponse>();
  const server = createServer((_, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write('event: next\ndata: {"data":1}\n\n');
    opened.resolve(response);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, opened: opened.promise };
}

it.each(["urql", "node"])(
  "%s ends a stream once nothing has come for 30 s, pings included",
  async (example) => {
    const { streamFetch } = (await import(`../../examples/${example}/src/stream-fetch.ts`)) as {
      readonly streamFetch: (url: string, init: RequestInit) => Promise<Response>;
    };
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    onTestFinished(() => void vi.useRealTimers());
    const { url, opened } = await stream();
    let chunks = 0;
    const fetchFn = async (input: string, init: RequestInit) => {
      const response = await streamFetch(input, init);
      const counting = new TransformStream<Uint8Array, Uint8Array>({
        transform(chunk, controller) {
          chunks += 1;
          controller.enqueue(chunk);
        },
      });
      return new Response(response.body!.pipeThrough(counting), response);
    };
    const events = createClient({ url, retryAttempts: 0, fetchFn }).iterate({ query: "subscription { x }" });
    expect(await events.next()).toEqual({ done: false, value: { data: 1 } });
    let isOver = false;
    const next = events.next().finally(() => (isOver = true));
    next.catch(() => {});

    vi.advanceTimersByTime(29_000);
    (await opened).write("id: x\n\n");
    while (chunks < 2) await new Promise((resolve) => setImmediate(resolve));
    vi.advanceTimersByTime(29_999);
    await new Promise((resolve) => setImmediate(resolve));
    expect(isOver).toBe(false);
    vi.advanceTimersByTime(1);
    await expect(next).rejects.toThrow();
  },
);
