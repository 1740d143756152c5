import { once } from "node:events";
import { createServer, request, type IncomingMessage, type ServerResponse } from "node:http";
import { Socket, type AddressInfo } from "node:net";
import { describe, expect, it } from "vitest";
import { cursorOf } from "../../src/domain/cursor.ts";
import { StorageUnavailableError } from "../../src/domain/failure.ts";
import type { LiveOperation } from "../../src/graphql/live/live-operation.ts";
import { createAnswerRoom } from "../../src/http/limits/answer-room.ts";
import { serveEventStream } from "../../src/http/live/event-stream.ts";
import { pingSeconds, stallSeconds, startHeartbeat } from "../../src/http/live/heartbeat.ts";
import { liveOverMemory, seqOperation } from "./live-operations.ts";
import { Wire } from "./wire.ts";

const cursor = (seq: number): string => cursorOf({ epoch: "e", seq });
const next = (seq: number): string => `id: ${cursor(seq)}\nevent: next\ndata: {"data":{"seq":${seq}}}\n\n`;
const ping = (seq: number): string => `id: ${cursor(seq)}\n\n`;
const complete = "event: complete\ndata:\n\n";
const get = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";

type MemoryLog = ReturnType<typeof liveOverMemory>["log"];

/** A server whose only answer is the stream of one subscription, and a client that reads it. */
async function streaming(
  operation: LiveOperation,
  given: {
    readonly logged?: number;
    readonly before?: (log: MemoryLog) => void;
    readonly roomBytes?: number;
  } = {},
) {
  const answerRoom = createAnswerRoom(given.roomBytes ?? Infinity, ({ headers }) => headers.from ?? "one");
  const memory = liveOverMemory(given.logged);
  given.before?.(memory.log);
  // Beats when it is told to, and never by itself.
  const heartbeat = startHeartbeat(3_600_000);
  const happened: string[] = [];
  const report = {
    subscriberJoined: () => happened.push("joined"),
    subscriberLeft: () => happened.push("left"),
    slowConsumerCut: () => happened.push("cut"),
  };
  const rights = { mayRead: true, asked: 0 };
  const gone = { isGone: false };
  const streams: ServerResponse[] = [];
  const server = createServer((asked, response: ServerResponse) => {
    if (asked.url === "/late") return void setImmediate(() => response.end("late"));
    if (asked.url === "/never") return;
    response.writeHead(200).flushHeaders();
    streams.push(response);
    const mayRead = (): boolean => {
      rights.asked += 1;
      return rights.mayRead;
    };
    serveEventStream(
      response,
      operation,
      { client: "one", mayRead },
      {
        live: memory.live,
        heartbeat,
        unreachable: { has: () => gone.isGone },
        answerRoom,
        report,
      },
    );
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const connected = once(server, "connection") as Promise<[Socket]>;
  const { port } = server.address() as AddressInfo;
  const asking = request({ port }).end();
  const [response] = (await once(asking, "response")) as [IncomingMessage];
  const [socket] = await connected;
  let text = "";
  response.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
  response.on("error", () => {});
  return {
    ...memory,
    port,
    answerRoom,
    happened,
    rights,
    gone,
    /** The server's responses, in the order in which they were asked for. */
    streams,
    response,
    /** The server's end of the connection. */
    socket,
    beats: (count: number) => {
      for (let beat = 0; beat < count; beat += 1) heartbeat.beat();
    },
    /** Everything read so far, once it is as long as what is expected. */
    async read(expected: string): Promise<string> {
      while (text.length < expected.length && !response.destroyed) await once(response, "data");
      return text;
    },
    ended: async (): Promise<string> => {
      if (!response.readableEnded) await once(response, "end");
      return text;
    },
    async [Symbol.asyncDispose]() {
      asking.destroy();
      memory.fanout[Symbol.dispose]();
      heartbeat[Symbol.dispose]();
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

describe("an event stream", () => {
  it("replays, says by a ping where it stands, and goes on live", async () => {
    await using stream = await streaming(seqOperation(1), { logged: 3 });
    const replayed = next(2) + next(3) + ping(3);
    expect(await stream.read(replayed)).toBe(replayed);
    stream.write();
    expect(await stream.read(replayed + next(4))).toBe(replayed + next(4));
  });

  it("pings every twelve seconds with its position, which moves on without an event", async () => {
    const nothing: LiveOperation = {
      is: "entries",
      key: "nothing",
      bytes: { once: 0, each: 0 },
      says: "nothing",
      epoch: "e",
      after: 3,
      tell: () => null,
    };
    await using stream = await streaming(nothing, { logged: 3 });
    expect(await stream.read(ping(3))).toBe(ping(3));
    stream.write(5);
    await new Promise((resolve) => setImmediate(resolve));
    stream.beats(pingSeconds - 1);
    stream.beats(1);
    expect(await stream.read(ping(3) + ping(8))).toBe(ping(3) + ping(8));
    stream.beats(2 * pingSeconds);
    const pings = ping(3) + ping(8) + ping(8) + ping(8);
    expect(await stream.read(pings)).toBe(pings);
  });

  it("pings during a replay as well, with how far it is", async () => {
    const goOn = Promise.withResolvers<void>();
    await using stream = await streaming(seqOperation(1), {
      logged: 3,
      before(log) {
        const read = log.entriesAfter.bind(log);
        log.entriesAfter = async (...asked) => {
          await goOn.promise;
          return read(...asked);
        };
      },
    });
    stream.beats(pingSeconds);
    expect(await stream.read(ping(1))).toBe(ping(1));
    goOn.resolve();
    const replayed = ping(1) + next(2) + next(3) + ping(3);
    expect(await stream.read(replayed)).toBe(replayed);
  });

  it("ends without a word when the gateway stops, so that the client comes back", async () => {
    await using stream = await streaming(seqOperation(0), { logged: 1 });
    await stream.read(next(1) + ping(1));
    stream.fanout[Symbol.dispose]();
    expect(await stream.ended()).toBe(next(1) + ping(1));
    expect(stream.happened).toEqual(["joined", "left"]);
  });

  it("says so and completes when who reads may not any longer", async () => {
    await using stream = await streaming(seqOperation(0));
    await stream.read(ping(0));
    stream.rights.mayRead = false;
    stream.beats(1);
    expect(await stream.ended()).toMatch(
      new RegExp(`^${ping(0)}event: next\ndata: \\{"errors":\\[.*"UNAUTHENTICATED".*\\]\\}\n\n${complete}$`),
    );
  });

  const failures: readonly (readonly [string, (log: MemoryLog) => void])[] = [
    ["CURSOR_EXPIRED", (log) => (log.oldest = 2)],
    [
      "SERVICE_UNAVAILABLE",
      (log) => (log.entriesAfter = () => Promise.reject(new StorageUnavailableError("away"))),
    ],
  ];
  it.each(failures)("says %s and completes when it cannot go on, and has no id", async (code, fail) => {
    await using stream = await streaming(seqOperation(1), { logged: 3, before: fail });
    expect(await stream.ended()).toMatch(
      new RegExp(`^event: next\ndata: \\{"errors":\\[.*"code":"${code}".*\\]\\}\n\n${complete}$`),
    );
    expect(stream.happened).toEqual(["joined", "left"]);
  });

  it("cuts a connection that takes nothing for thirty seconds, and none that takes something", async () => {
    await using stream = await streaming(seqOperation(0, { padding: "x".repeat(100_000) }));
    await stream.read(ping(0));
    stream.response.pause();
    // Until the system takes no more.
    while (!stream.socket.writableNeedDrain) {
      stream.write();
      await new Promise((resolve) => setImmediate(resolve));
    }
    stream.beats(stallSeconds - 1);
    stream.response.resume();
    await once(stream.socket, "drain");
    stream.response.pause();
    while (!stream.socket.writableNeedDrain) {
      stream.write();
      await new Promise((resolve) => setImmediate(resolve));
    }
    stream.beats(stallSeconds - 1);
    expect(stream.happened).toEqual(["joined"]);
    const closed = once(stream.socket, "close");
    stream.beats(1);
    await closed;
    expect(stream.happened).toEqual(["joined", "left", "cut"]);
    expect(stream.fanout.groups).toBe(0);
  });

  it("holds one large answer at a time for a connection that takes nothing, however much there is to replay", async () => {
    const size = 200_000;
    const operation = seqOperation(0, { padding: "x".repeat(size) });
    // More than the system takes.
    await using stream = await streaming(operation, { logged: 100 });
    stream.response.pause();
    while (!stream.socket.writableNeedDrain) await new Promise((resolve) => setImmediate(resolve));
    expect(stream.socket.writableLength).toBeLessThan(2 * size);
  });

  it("cuts a connection that takes nothing where there is no room for what it is told", async () => {
    const operation = seqOperation(0, { padding: "x".repeat(200_000) });
    await using stream = await streaming(operation, { logged: 100, roomBytes: 150_000 });
    stream.response.pause();
    await expect.poll(() => stream.happened).toEqual(["joined", "left", "cut"]);
    expect(stream.answerRoom.add(150_000, 0)).not.toBeNull();
  });

  it("is cut, and counted, where it gives way to another client that has less", async () => {
    const operation = seqOperation(0, { padding: "x".repeat(200_000) });
    await using stream = await streaming(operation, { logged: 100, roomBytes: 400_000 });
    stream.response.pause();
    while (!stream.socket.writableNeedDrain) await new Promise((resolve) => setImmediate(resolve));
    const another = { socket: new Socket(), headers: { from: "another" } };
    expect(stream.answerRoom.add(200_000, 0, another)).not.toBeNull();
    expect(stream.happened).toEqual(["joined", "left", "cut"]);
  });

  it("is cut once where there is no room for its end", async () => {
    const roomBytes = 400_000;
    const operation = seqOperation(0, { padding: "x".repeat(200_000) });
    await using stream = await streaming(operation, { logged: 100, roomBytes });
    stream.response.pause();
    while (!stream.socket.writableNeedDrain) await new Promise((resolve) => setImmediate(resolve));
    expect(stream.answerRoom.add(roomBytes - stream.socket.writableLength, 0)).not.toBeNull();
    stream.rights.mayRead = false;
    stream.beats(1);
    expect(stream.happened).toEqual(["joined", "left", "cut"]);
  });

  it("takes room for what its client leaves, and gives that back once it is taken", async () => {
    const operation = seqOperation(0, { padding: "x".repeat(200_000) });
    await using stream = await streaming(operation, { logged: 100, roomBytes: 300_000 });
    const hasRoom = (): boolean => {
      const given = stream.answerRoom.add(150_000, 0);
      given?.();
      return given !== null;
    };
    stream.response.pause();
    await expect.poll(hasRoom).toBe(false);
    stream.response.resume();
    await stream.read("x".repeat(100 * 200_000));
    await expect.poll(hasRoom).toBe(true);
    expect(stream.happened).toEqual(["joined"]);
  });

  it("cuts what nobody takes because an earlier request of its connection has no answer yet", async () => {
    await using stream = await streaming(seqOperation(0, { padding: "x".repeat(100_000) }));
    using wire = new Wire(stream.port);
    wire.write(`GET /never HTTP/1.1\r\nHost: localhost\r\n\r\n${get}`);
    while (stream.happened.length < 2) await new Promise((resolve) => setImmediate(resolve));
    await stream.read(ping(0));
    stream.write();
    while (!stream.streams[1]!.writableNeedDrain) await new Promise((resolve) => setImmediate(resolve));
    await stream.read(ping(0) + next(1));
    stream.beats(stallSeconds);
    expect(stream.happened).toEqual(["joined", "joined", "left", "cut"]);
  });

  it.each([
    ["HTTP/1.0", "GET / HTTP/1.0\r\n\r\n"],
    ["the answer to an earlier request", `GET /late HTTP/1.1\r\nHost: localhost\r\n\r\n${get}`],
  ])("says the same where it has to wait for or do without chunks: %s", async (_, requests) => {
    await using stream = await streaming(seqOperation(1), { logged: 3 });
    using wire = new Wire(stream.port);
    wire.write(requests);
    const received = await wire.until(ping(3));
    stream.write();
    const all = await wire.until(next(4));
    expect(all.startsWith(received)).toBe(true);
    expect(all.replaceAll(/\r\n[0-9a-f]+\r\n|\r\n/g, "")).toContain(next(2) + next(3) + ping(3) + next(4));
  });

  it("ends when its client is gone without a word", async () => {
    await using stream = await streaming(seqOperation(0));
    await stream.read(ping(0));
    stream.beats(1);
    expect(stream.happened).toEqual(["joined"]);
    stream.gone.isGone = true;
    const closed = once(stream.socket, "close");
    stream.beats(1);
    await closed;
    expect([stream.fanout.groups, stream.happened]).toEqual([0, ["joined", "left"]]);
  });

  it("lets go of the log when its client is gone, and is looked after no longer", async () => {
    await using stream = await streaming(seqOperation(0));
    await stream.read(ping(0));
    stream.beats(1);
    const closed = once(stream.socket, "close");
    stream.response.destroy();
    await closed;
    expect([stream.fanout.groups, stream.happened]).toEqual([0, ["joined", "left"]]);
    stream.beats(1);
    expect(stream.rights.asked).toBe(1);
  });
});
