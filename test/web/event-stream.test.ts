import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readEvents, type StreamEvent } from "../../src/web/client/event-stream.ts";

async function eventsIn(chunks: readonly Uint8Array<ArrayBuffer>[]): Promise<StreamEvent[]> {
  const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(chunk);
      controller.close();
    },
  });
  return Array.fromAsync(readEvents(body));
}

describe("a stream of events", () => {
  it("has the same events however its bytes are cut", async () => {
    const text =
      ': ping\n\nevent: next\nid: c1\ndata: {"title":"Zoë"}\n\nid: c2\n\nevent: complete\ndata:\n\nevent: next\ndata: cut';
    const bytes = new TextEncoder().encode(text);
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(fc.nat({ max: bytes.length })), async (cuts) => {
        const places = [0, ...cuts.toSorted((one, other) => one - other), bytes.length];
        const chunks = places.slice(1).map((end, index) => bytes.slice(places[index], end));
        expect(await eventsIn(chunks)).toEqual([
          { event: "message", data: "", id: null },
          { event: "next", data: '{"title":"Zoë"}', id: "c1" },
          { event: "message", data: "", id: "c2" },
          { event: "complete", data: "", id: null },
        ]);
      }),
      { numRuns: 50 },
    );
  });

  it("joins lines of data, and takes both ends of lines", async () => {
    const bytes = new TextEncoder().encode("event: next\r\ndata: a\r\ndata: b\r\n\r\n");
    expect(await eventsIn([bytes])).toEqual([{ event: "next", data: "a\nb", id: null }]);
  });
});
