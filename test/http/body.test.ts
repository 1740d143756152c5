import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { PassThrough } from "node:stream";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isGarbage } from "../garbage.ts";
import { createBodyRoom, requestBody, type BodyRoom } from "../../src/http/body.ts";

const kilobyte = 1024;

/** A request whose body the test writes. */
function aRequest(headers: Readonly<Record<string, string>>): PassThrough & IncomingMessage {
  return Object.assign(new PassThrough(), { headers, httpVersion: "1.1" }) as never;
}

/** A response that counts how often it told the client to go on. */
function aResponse() {
  const told = { continues: 0 };
  return { told, response: { writeContinue: () => told.continues++ } as unknown as ServerResponse };
}

/** Room that remembers the most that was taken of it. */
function watchedRoom(maxBytes = Infinity): BodyRoom & { taken: number; most: number } {
  const room = createBodyRoom(maxBytes);
  const watched = {
    taken: 0,
    most: 0,
    take(bytes: number) {
      const hasRoom = room.take(bytes);
      if (hasRoom) watched.taken += bytes;
      watched.most = Math.max(watched.most, watched.taken);
      return hasRoom;
    },
    give(bytes: number) {
      watched.taken -= bytes;
      room.give(bytes);
    },
  };
  return watched;
}

/** Reads what is written, chunk by chunk. */
async function read(
  chunks: readonly Uint8Array[],
  {
    declared = true,
    maxBytes = 2000 * kilobyte,
    room = watchedRoom(),
  }: { declared?: boolean; maxBytes?: number; room?: BodyRoom } = {},
) {
  const length = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  const request = aRequest(
    declared ? { "content-length": String(length) } : { "transfer-encoding": "chunked" },
  );
  const reading = requestBody(request, aResponse().response, { maxBytes, room });
  for (const chunk of chunks) request.write(chunk);
  request.end();
  return reading;
}

describe("requestBody", () => {
  it("is every byte in order, however it is cut and whether its length is declared", async () => {
    // Made from two numbers, because a list of so many bytes takes long to draw.
    const chunk = fc
      .tuple(fc.nat(255), fc.integer({ min: 1, max: 40 * kilobyte }))
      .map(([first, length]) => Buffer.from(Array.from({ length }, (_, index) => first + index)));
    await fc.assert(
      fc.asyncProperty(fc.array(chunk, { maxLength: 6 }), fc.boolean(), async (chunks, declared) => {
        const body = await read(chunks, { declared });
        if (body.is !== "read") throw new Error(body.is);
        expect(Buffer.compare(body.bytes, Buffer.concat(chunks))).toBe(0);
      }),
      { numRuns: 30 },
    );
  });

  it("is too large one byte over the limit, declared or not", async () => {
    const chunks = [Buffer.alloc(1000), Buffer.alloc(1)];
    expect((await read(chunks, { maxBytes: 1001 })).is).toBe("read");
    expect((await read(chunks, { maxBytes: 1000 })).is).toBe("too large");
    expect((await read(chunks, { maxBytes: 1000, declared: false })).is).toBe("too large");
  });

  it("is too large before any of it is sent where it says so, and then is not asked for", async () => {
    const request = aRequest({ "content-length": "1001", expect: "100-continue" });
    const { response, told } = aResponse();
    const body = await requestBody(request, response, { maxBytes: 1000, room: watchedRoom() });
    expect([body.is, told.continues]).toEqual(["too large", 0]);
  });

  it("takes no more memory than is promised", async () => {
    const room = watchedRoom();
    await read([Buffer.alloc(9 * kilobyte), Buffer.alloc(8 * kilobyte)], { room });
    // 16 kB of each body are not counted.
    expect(room.most).toBe(kilobyte);
  });

  it("takes memory for what has arrived, not for what is promised", async () => {
    const room = watchedRoom();
    const request = aRequest({ "content-length": String(1000 * kilobyte) });
    const reading = requestBody(request, aResponse().response, { maxBytes: 1000 * kilobyte, room });
    request.write(Buffer.alloc(kilobyte));
    await new Promise(setImmediate);
    expect(room.most).toBe(0);
    request.write(Buffer.alloc(100 * kilobyte));
    await new Promise(setImmediate);
    expect(room.most).toBeLessThan(250 * kilobyte);
    request.destroy();
    await reading;
  });

  it("holds its room until it is disposed, and none where it was not read", async () => {
    const room = watchedRoom();
    const chunks = [Buffer.alloc(100 * kilobyte), Buffer.alloc(100 * kilobyte)];
    const body = await read(chunks, { room });
    expect(room.taken).toBeGreaterThanOrEqual(184 * kilobyte);
    body[Symbol.dispose]();
    expect(room.taken).toBe(0);

    const tooLarge = await read([...chunks, Buffer.alloc(1)], {
      room,
      maxBytes: 200 * kilobyte,
      declared: false,
    });
    expect([tooLarge.is, room.taken]).toEqual(["too large", 0]);
    tooLarge[Symbol.dispose]();
    expect(room.taken).toBe(0);
  });

  it("is held by nobody but who asked for it, as long as the request lasts", async () => {
    const request = aRequest({ "content-length": "1000" });
    const asked = async (): Promise<WeakRef<Buffer>> => {
      const room = watchedRoom();
      const reading = requestBody(request, aResponse().response, { maxBytes: 1000, room });
      request.end(Buffer.alloc(1000));
      const body = await reading;
      if (body.is !== "read") throw new Error(body.is);
      return new WeakRef(body.bytes);
    };
    const held = await asked();
    await expect.poll(() => isGarbage(held)).toBe(true);
    expect(request.listenerCount("end")).toBeGreaterThan(0);
  });

  it("gives its room back once, however much comes after what was too large", async () => {
    const room = watchedRoom();
    const request = aRequest({ "transfer-encoding": "chunked" });
    const reading = requestBody(request, aResponse().response, { maxBytes: 100 * kilobyte, room });
    for (const part of [50, 50, 1]) request.write(Buffer.alloc(part * kilobyte));
    expect([(await reading).is, room.taken]).toEqual(["too large", 0]);
    // As node does once it has answered.
    request.resume().end(Buffer.alloc(kilobyte));
    await once(request, "end");
    expect(room.taken).toBe(0);
  });

  it("finds no room where others have taken it, unless it is an ordinary one", async () => {
    const room = createBodyRoom(100 * kilobyte);
    const large = [Buffer.alloc(50 * kilobyte), Buffer.alloc(50 * kilobyte)];
    const first = await read(large, { room });
    expect(first.is).toBe("read");
    expect((await read(large, { room })).is).toBe("no room");
    expect((await read([Buffer.alloc(kilobyte), Buffer.alloc(kilobyte)], { room })).is).toBe("read");
    first[Symbol.dispose]();
    expect((await read(large, { room })).is).toBe("read");
  });

  it("is gone with the client, and gives its room back", async () => {
    const room = watchedRoom();
    const request = aRequest({ "content-length": String(200 * kilobyte) });
    const reading = requestBody(request, aResponse().response, { maxBytes: 200 * kilobyte, room });
    request.write(Buffer.alloc(100 * kilobyte));
    await new Promise(setImmediate);
    expect(room.taken).toBeGreaterThan(0);
    request.destroy(new Error("aborted"));
    expect([(await reading).is, room.taken]).toEqual(["gone", 0]);
  });

  it("is gone where the client was gone before", async () => {
    const request = aRequest({ "content-length": "3" });
    request.on("error", () => {});
    request.destroy();
    await once(request, "close");
    const body = await requestBody(request, aResponse().response, { maxBytes: 3, room: watchedRoom() });
    expect(body.is).toBe("gone");
  });

  it.each([
    ["100-continue", "1.1", 1],
    ["100-Continue", "1.1", 1],
    ["100-continue", "1.0", 0],
    ["miracles", "1.1", 0],
  ])(
    "tells a client that expects %j under HTTP/%s to go on: %i times",
    async (expectation, version, times) => {
      const request = aRequest({ "content-length": "3", expect: expectation });
      request.httpVersion = version;
      const { response, told } = aResponse();
      const reading = requestBody(request, response, { maxBytes: 3, room: watchedRoom() });
      request.end("abc");
      expect((await reading).is).toBe("read");
      expect(told.continues).toBe(times);
    },
  );
});
