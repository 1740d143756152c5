import { setImmediate as turn } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { listLiveEvents } from "../../src/graphql/plugins/graphiql-events.ts";

const fetchPlainly = globalThis.fetch;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
});

afterEach(() => {
  vi.useRealTimers();
  globalThis.fetch = fetchPlainly;
});

/** Longer than events are held back. */
async function passTime(): Promise<void> {
  // What was sent is on its way through the streams, and is there by the next turn.
  await turn();
  vi.advanceTimersByTime(300);
}

/** A stream that is sent by hand, and what GraphiQL reads of it. */
async function open() {
  const { readable, writable } = new TransformStream<string, string>();
  const headers = { "content-type": "text/event-stream" };
  globalThis.fetch = () =>
    Promise.resolve(new Response(readable.pipeThrough(new TextEncoderStream()), { headers }));
  listLiveEvents();
  const response = await fetch("http://gateway/graphql");
  const sent = writable.getWriter();
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  return {
    sent,
    async read() {
      const reading = reader.read();
      await passTime();
      return (await reading).value;
    },
    stop: () => reader.cancel(),
  };
}

const next = (count: number) => `id: ${count}\nevent: next\ndata: {"data":{"count":${count}}}\n\n`;
const listOf = (text: string | undefined) =>
  (JSON.parse(/^data: (.*)$/m.exec(text ?? "")![1]!) as { data: { count: number }[] }).data.map(
    ({ count }) => count,
  );

describe("what GraphiQL reads of a subscription", () => {
  it("is the list of its events, once for all that come together", async () => {
    const { sent, read } = await open();
    void sent.write(next(1) + next(2));
    void sent.write(next(3));
    expect(listOf(await read())).toEqual([3, 2, 1]);
    void sent.write(next(4));
    const later = await read();
    expect(later).toContain("id: 4\n");
    expect(listOf(later)).toEqual([4, 3, 2, 1]);
  });

  it("holds the newest hundred, and is in its order with pings, errors and the end", async () => {
    const { sent, read } = await open();
    void sent.write(Array.from({ length: 150 }, (_, index) => next(index + 1)).join(""));
    void sent.write("id: 150\n\n");
    const list = listOf(await read());
    expect(list).toHaveLength(100);
    expect(list[0]).toBe(150);
    expect(await read()).toBe("id: 150\n\n");
    void sent.write(`${next(151)}event: complete\ndata:\n\n`);
    expect(listOf(await read())[0]).toBe(151);
    expect(await read()).toBe("event: complete\ndata:\n\n");
    void sent.write(next(152));
    void sent.close();
    expect(listOf(await read())[0]).toBe(152);
    expect(await read()).toBeUndefined();
  });

  const refusal = '{"errors":[{"message":"no"}]}';

  it.each([refusal, '{"data":null,"errors":[{"message":"no"}]}'])(
    "keeps its list beside the error that ends it: %s",
    async (error) => {
      const { sent, read } = await open();
      void sent.write(`${next(1)}${next(2)}event: next\ndata: ${error}\n\n`);
      const last = await read();
      expect(listOf(last)).toEqual([2, 1]);
      expect(last).toContain('data: {"errors":[{"message":"no"}],"data":[');
    },
  );

  it("is an error alone where nothing was told before it", async () => {
    const { sent, read } = await open();
    void sent.write(`event: next\ndata: ${refusal}\n\n`);
    expect(await read()).toBe(`event: next\ndata: ${refusal}\n\n`);
  });

  it("keeps its list beside what it says of a connection that breaks, be it within an event", async () => {
    const { sent, read } = await open();
    void sent.write(next(1) + next(2).slice(0, -9));
    expect(listOf(await read())).toEqual([1]);
    void sent.abort(new TypeError("network error"));
    const last = await read();
    expect(listOf(last)).toEqual([1]);
    expect(last).toContain('{"errors":[{"message":"The stream broke: TypeError: network error"}],');
    expect(await read()).toBeUndefined();
  });

  it("is nothing more once it is stopped, also with events that were to be shown", async () => {
    const { sent, read, stop } = await open();
    void sent.write(next(1));
    await turn();
    expect(vi.getTimerCount()).toBe(1);
    await stop();
    expect(await read()).toBeUndefined();
    expect(vi.getTimerCount()).toBe(0);
  });
});
