import { once } from "node:events";
import { connect, Socket } from "node:net";
import { setImmediate } from "node:timers/promises";
import type { ExecutionResult } from "graphql";
import { describe, expect, it, vi } from "vitest";
import type { WebSocket } from "ws";
import { cursorOf } from "../../src/domain/cursor.ts";
import type { GraphQL } from "../../src/graphql/yoga.ts";
import { createAnswerRoom, type AnswerRoom } from "../../src/http/limits/answer-room.ts";
import { pingSeconds, stallSeconds } from "../../src/http/live/heartbeat.ts";
import type { Live, LiveSubscriber } from "../../src/http/live/live.ts";
import { createMessage } from "../../src/http/live/message.ts";
import { createTurnstile } from "../../src/http/limits/turnstile.ts";
import { isGarbage } from "../garbage.ts";
import { at, issue } from "../graphql/builders.ts";
import { gateway } from "../graphql/gateway.ts";
import { liveOverMemory, seqOperation } from "./live-operations.ts";
import { admitted, socketServer, type Client, type SocketServerOptions } from "./socket-server.ts";
import { Wire } from "./wire.ts";

/* A name that begins with a number is a row of the table of what a WebSocket may be sent, which has twenty. */

const subscribe = (id: string, query: string, variables = {}) => ({
  id,
  type: "subscribe",
  payload: { query, variables },
});
const follow = (id: string) => subscribe(id, "subscription { issueChanged { cursor } }");

/** Subscriptions that are told nothing, and stand at these positions in the order in which they begin. */
function liveAt(positions: readonly number[]): Live {
  let begun = 0;
  return {
    begin({ is }, { caughtUp }) {
      const own = begun++;
      queueMicrotask(caughtUp);
      return {
        get position() {
          return positions[own]!;
        },
        get cursor() {
          return cursorOf(at(positions[own]!));
        },
        resumes: is === "entries",
        resume() {},
        [Symbol.dispose]() {},
      };
    },
  };
}

/** Every operation has the result that `make` makes. */
function resultsOf(make: () => ExecutionResult): GraphQL {
  return {
    ...gateway().yoga,
    operationOf: () => ({
      is: "query",
      begin: async () => ({ is: "answered", result: make(), isLasting: false }),
    }),
  };
}

/** All of them come in one piece. */
function sendAtOnce({ socket, send }: Client, messages: readonly unknown[]): void {
  const connection = (socket as unknown as { readonly _socket: Socket })._socket;
  connection.cork();
  for (const message of messages) send(message);
  connection.uncork();
}

describe("graphql-transport-ws", () => {
  it("acknowledges, answers a query, and completes it", async () => {
    await using server = await socketServer({ known: { issues: [issue("1", { title: "One" })] } });
    const client = server.connect();
    await once(client.socket, "open");
    client.send({ type: "connection_init", payload: { token: "mine" } });
    expect(await client.next()).toEqual({ type: "connection_ack" });
    expect(server.asked).toEqual([{ token: "mine" }]);
    client.send(subscribe("a", '{ issue(sentryId: "1") { title } }'));
    expect([await client.next(), await client.next()]).toEqual([
      { id: "a", type: "next", payload: { data: { issue: { title: "One" } } } },
      { id: "a", type: "complete" },
    ]);
  });

  it("takes an empty name of an operation for none", async () => {
    await using server = await socketServer();
    const client = server.connect();
    await client.init();
    const payload = { query: "query A { feed { epoch } }", operationName: "" };
    client.send({ id: "a", type: "subscribe", payload });
    expect(await client.next()).toEqual({
      id: "a",
      type: "next",
      payload: { data: { feed: { epoch: "e1" } } },
    });
  });

  it("says by a ping where a subscription stands, after the replay and every twelve seconds", async () => {
    await using server = await socketServer({ known: { bounds: { newest: 0 } } });
    const client = server.connect();
    await client.init();
    client.send(follow("a"));
    const ping = { type: "ping", payload: { cursor: cursorOf(at(0)), ids: ["a"] } };
    expect(await client.next()).toEqual(ping);
    server.beats(pingSeconds);
    expect(await client.next()).toEqual(ping);
  });

  it("says by a ping where all stand that can resume, and nothing while they stand apart or one begins", async () => {
    const positions: number[] = [];
    let mayBegin = true;
    await using server = await socketServer({
      maxOperations: 9,
      turnstile: { enter: () => mayBegin || new Promise(() => {}) },
      live: liveAt(positions),
    });
    const client = server.connect();
    await client.init();

    async function begun(message: unknown, position: number): Promise<unknown> {
      positions.push(position);
      client.send(message);
      return client.next();
    }
    async function beaten(): Promise<unknown> {
      client.send({ type: "ping" });
      expect(await client.next()).toEqual({ type: "pong" });
      server.beats(pingSeconds);
      return client.next();
    }

    const nothing = { type: "ping" };
    const pingAt = (seq: number, ids: string[]) => ({
      type: "ping",
      payload: { cursor: cursorOf(at(seq)), ids },
    });
    const figures = subscribe("a", "subscription { issueStatsChanged { total } }");
    expect(await begun(figures, 1)).toEqual(nothing);
    expect(await begun(follow("b"), 5)).toEqual(pingAt(5, ["b"]));
    expect(await begun(follow("c"), 7)).toEqual(nothing);
    positions[1] = 7;
    expect(await beaten()).toEqual(pingAt(7, ["b", "c"]));
    mayBegin = false;
    client.send(follow("d"));
    expect(await beaten()).toEqual(nothing);
  });

  it("says of a subscription where it stands only once no other waits that was asked for with it", async () => {
    await using server = await socketServer({ live: liveAt([5, 5, 5]) });
    const client = server.connect();
    await client.init();
    sendAtOnce(client, ["a", "b", "c"].map(follow));
    const pings = [await client.next(), await client.next(), await client.next()];
    const payload = { cursor: cursorOf(at(5)), ids: ["a", "b", "c"] };
    expect(pings).toEqual([{ type: "ping" }, { type: "ping" }, { type: "ping", payload }]);
  });

  it("says nothing by a ping where the ids would be more than the client may say again", async () => {
    const ids = Array.from({ length: 32 }, (_, number) => "\u0001".repeat(256 - number) + "b".repeat(number));
    await using server = await socketServer({
      maxOperations: 33,
      live: liveAt(Array.from({ length: 33 }, () => 5)),
    });
    const client = server.connect();
    await client.init();
    for (const id of ids.slice(1)) {
      client.send(follow(id));
      await client.next();
    }
    client.send(follow(ids[0]!));
    const ping = await client.next();
    expect(ping).toMatchObject({ payload: { cursor: cursorOf(at(5)) } });
    client.send({ ...ping, type: "pong" });
    client.send(follow("b"));
    expect(await client.next()).toEqual({ type: "ping" });
  });

  it("ends a subscription that the client completes, and no other", async () => {
    await using server = await socketServer();
    const client = server.connect();
    await client.init();
    for (const id of ["a", "b"]) {
      client.send(follow(id));
      await client.next();
    }
    client.send({ id: "a", type: "complete" });
    client.send({ type: "ping" });
    expect(await client.next()).toEqual({ type: "pong" });
    expect(server.happened).toEqual(["joined", "joined", "left"]);
  });

  it("takes the id of a subscription that is completed for another one, and says nothing of the first", async () => {
    await using server = await socketServer({ known: { bounds: { newest: 0 } } });
    const client = server.connect();
    await client.init();
    client.send(follow("a"));
    await client.next();
    client.send({ id: "a", type: "complete" });
    client.send(follow("a"));
    // The other one is at the end of the log.
    expect(await client.next()).toMatchObject({ type: "ping" });
    client.send({ id: "a", type: "complete" });
    client.send({ type: "ping" });
    expect(await client.next()).toEqual({ type: "pong" });
    expect(server.happened).toEqual(["joined", "left", "joined", "left"]);
    await server.emptied();
  });

  it("serves one subscription of an id at a time, however often it is completed and used again", async () => {
    await using server = await socketServer();
    const client = server.connect();
    await client.init();
    for (let time = 0; time < 100; time += 1) {
      client.send(follow("a"));
      client.send({ id: "a", type: "complete" });
    }
    client.send(follow("a"));
    await client.next();
    client.socket.terminate();
    await server.emptied();
    expect(server.happened).toEqual(server.happened.map((_, at) => (at % 2 === 0 ? "joined" : "left")));
    expect(server.happened.at(-1)).toBe("left");
  });

  it("takes one message in each turn of the event loop, so that nobody waits for one who sends many", async () => {
    await using server = await socketServer();
    const client = server.connect();
    await client.init();
    let turn = 0;
    let isOver = false;
    const countTurns = async (): Promise<void> => {
      for (; !isOver; turn += 1) await setImmediate();
    };
    const turns = new Set<number>();
    const connection = server.connections[0]!;
    const write = connection.write.bind(connection);
    Object.assign(connection, {
      write(...written: Parameters<typeof write>) {
        turns.add(turn);
        return write(...written);
      },
    });
    const counted = countTurns();
    for (let ping = 0; ping < 50; ping += 1) client.send({ type: "ping" });
    for (let ping = 0; ping < 50; ping += 1) expect(await client.next()).toEqual({ type: "pong" });
    isOver = true;
    await counted;
    expect(turns.size).toBe(50);
  });

  it("takes one message at a time of all sockets in each turn of the event loop, once that has had its share", async () => {
    const count = 20;
    await using server = await socketServer({
      maxSocketsPerClient: count,
      messageTurnstile: createTurnstile({ shareMs: 0 }),
    });
    const clients = Array.from({ length: count }, () => server.connect());
    for (const client of clients) await client.init();
    let turn = 0;
    let isOver = false;
    const countTurns = async (): Promise<void> => {
      for (; !isOver; turn += 1) await setImmediate();
    };
    const turns = new Set<number>();
    for (const connection of server.connections) {
      const write = connection.write.bind(connection);
      connection.write = ((...written: Parameters<typeof write>) => {
        turns.add(turn);
        return write(...written);
      }) as typeof write;
      // All of them are read in one turn.
      connection.pause();
    }
    await Promise.all(
      clients.map(({ socket }) => new Promise((sent) => socket.send('{"type":"ping"}', sent))),
    );
    const counted = countTurns();
    for (const connection of server.connections) connection.resume();
    for (const client of clients) expect(await client.next()).toEqual({ type: "pong" });
    isOver = true;
    await counted;
    // Whoever counts has its place within a turn.
    expect(turns.size).toBeGreaterThanOrEqual(count / 2);
  });

  it("takes no message before its turn, says nothing by a ping meanwhile, and then takes them as they came", async () => {
    const turn = Promise.withResolvers<boolean>();
    let mayBegin = true;
    const waited: unknown[] = [];
    await using server = await socketServer({
      live: liveAt([5, 5]),
      messageTurnstile: {
        enter(client) {
          if (mayBegin) return true;
          waited.push(client);
          return turn.promise;
        },
      },
    });
    const client = server.connect();
    await client.init();
    client.send(follow("a"));
    expect(await client.next()).toMatchObject({ payload: { ids: ["a"] } });
    mayBegin = false;
    // The last begins a subscription: a message behind it could come while it begins, and keep its ping without a cursor.
    sendAtOnce(client, [{ type: "ping", payload: { first: true } }, { type: "ping" }, follow("b")]);
    await expect.poll(() => waited).toEqual(["one"]);
    expect(server.connections[0]!.isPaused()).toBe(true);
    // However long that takes, the client is not silent.
    server.beats(3 * pingSeconds);
    for (let ping = 0; ping < 3; ping += 1) expect(await client.next()).toEqual({ type: "ping" });
    turn.resolve(true);
    expect([await client.next(), await client.next(), await client.next()]).toEqual([
      { type: "pong", payload: { first: true } },
      { type: "pong" },
      { type: "ping", payload: { cursor: cursorOf(at(5)), ids: ["a", "b"] } },
    ]);
    expect(server.connections[0]!.isPaused()).toBe(false);
  });

  it("answers WebSocket pings in their turn too, of several that wait only the newest", async () => {
    const turn = Promise.withResolvers<boolean>();
    let mayBegin = true;
    let waiting = 0;
    await using server = await socketServer({
      messageTurnstile: {
        enter() {
          if (mayBegin) return true;
          waiting += 1;
          return turn.promise;
        },
      },
    });
    const client = server.connect();
    await client.init();
    mayBegin = false;
    const pongs: string[] = [];
    client.socket.on("pong", (payload) => pongs.push(payload.toString()));
    client.socket.ping("first");
    client.socket.ping("second");
    client.send({ type: "ping" });
    await expect.poll(() => waiting).toBe(2);
    expect(pongs).toEqual([]);
    turn.resolve(true);
    expect(await client.next()).toEqual({ type: "pong" });
    expect(pongs).toEqual(["second"]);
  });

  it("takes nothing of what comes after it has closed the socket", async () => {
    let asked = 0;
    await using server = await socketServer({
      rate() {
        asked += 1;
        return 0;
      },
    });
    const client = server.connect();
    await client.init();
    sendAtOnce(client, ["{", follow("a"), follow("b")]);
    expect(await client.closed).toBe(4400);
    // The handshake.
    expect(asked).toBe(1);
  });

  it("holds nothing of what came with the init once that is answered", async () => {
    let held: WeakRef<object> | undefined;
    await using server = await socketServer({
      async admit(_request, params) {
        held = new WeakRef(params as object);
        return admitted;
      },
    });
    const client = server.connect();
    await once(client.socket, "open");
    client.send({ type: "connection_init", payload: { token: "mine" } });
    expect(await client.next()).toEqual({ type: "connection_ack" });
    await expect.poll(() => isGarbage(held!)).toBe(true);
    expect(client.socket.readyState).toBe(client.socket.OPEN);
  });

  it("lets go of everything when the client is gone", async () => {
    await using server = await socketServer();
    const client = server.connect();
    await client.init();
    client.send(follow("a"));
    await client.next();
    client.socket.terminate();
    await server.emptied();
    expect(server.happened).toEqual(["joined", "left"]);
  });

  const closes: readonly [number, number, string, readonly unknown[], SocketServerOptions?][] = [
    [5, 4400, "what is not JSON", ["{"]],
    [5, 4400, "a list", ["[]"]],
    [5, 4400, "a type that the protocol has not", [{ type: "start" }]],
    [
      5,
      4400,
      "a message that servers send",
      [{ type: "connection_init" }, "wait", { id: "a", type: "next", payload: {} }],
    ],
    [
      5,
      4400,
      "a ping that nests too deep to be answered",
      [
        { type: "connection_init" },
        `{"type":"ping","payload":{"a":${"[".repeat(20_000)}${"]".repeat(20_000)}}}`,
      ],
    ],
    [
      5,
      4400,
      "more than 16 KiB before it is acknowledged",
      [{ type: "connection_init", payload: { token: "x".repeat(16_384) } }],
    ],
    [
      5,
      4400,
      "an id of more than 256 characters",
      [{ type: "connection_init" }, "wait", follow("ä".repeat(257))],
    ],
    [5, 4400, "an empty id", [{ type: "connection_init" }, { ...follow("") }]],
    [
      5,
      4400,
      "an operation without a payload",
      [{ type: "connection_init" }, { id: "a", type: "subscribe" }],
    ],
    [
      5,
      4400,
      "variables that are text",
      [
        { type: "connection_init" },
        { id: "a", type: "subscribe", payload: { query: "{x}", variables: "x" } },
      ],
    ],
    [4, 4401, "an operation before it is acknowledged", [follow("a")]],
    [6, 4409, "an id that is in use", [{ type: "connection_init" }, "wait", follow("a"), follow("a")]],
    [
      6,
      4409,
      "a long id that is in use",
      [{ type: "connection_init" }, "wait", follow("a".repeat(200)), follow("a".repeat(200))],
    ],
    [
      6,
      4409,
      "an id that two use while they wait for it",
      [
        { type: "connection_init" },
        "wait",
        follow("a"),
        { id: "a", type: "complete" },
        follow("a"),
        follow("a"),
      ],
    ],
    [3, 4429, "a second init", [{ type: "connection_init" }, { type: "connection_init" }]],
    [
      7,
      4403,
      "who may not read",
      [{ type: "connection_init" }],
      { admission: { is: "refused", message: "no" } },
    ],
    [
      7,
      1013,
      "who cannot be known now",
      [{ type: "connection_init" }],
      { admission: { is: "unknown", message: "?" } },
    ],
    [12, 1009, "a message of more than 64 KiB", [`"${"x".repeat(65_536)}"`]],
  ];
  it.each(closes)("%i: closes with %i after %s", async (_row, code, _what, messages, options) => {
    await using server = await socketServer(options);
    const client = server.connect();
    await once(client.socket, "open");
    for (const message of messages) {
      if (message === "wait") await client.next();
      else client.send(message);
    }
    expect(await client.closed).toBe(code);
    await server.emptied();
    expect(server.failures).toEqual([]);
  });

  it.each([
    [1007, "text that is not UTF-8", [0x81, 0x82, 0, 0, 0, 0, 0xc3, 0x28]],
    [1002, "a frame that is not masked", [0x81, 0x01, 0x78]],
    [1002, "reserved bits", [0xf1, 0x80, 0, 0, 0, 0]],
    [
      1008,
      "a message in more than 64 frames",
      [0x01, ...Array<number[]>(65).fill([0x80, 0, 0, 0, 0, 0]).flat(), 0x80],
    ],
  ])("20: closes with %i after %s", async (code, _, bytes) => {
    await using server = await socketServer();
    const socket = connect(server.port, "127.0.0.1");
    socket.write(
      "GET /graphql HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n" +
        "Sec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n",
    );
    await once(socket, "data");
    socket.write(Buffer.from(bytes));
    const [frame] = (await once(socket, "data")) as [Buffer];
    expect([frame[0], frame.readUInt16BE(2)]).toEqual([0x88, code]);
    socket.destroy();
  });

  it.each([
    [1007, "text that is not UTF-8", [0x81, 0x82, 0, 0, 0, 0, 0xc3, 0x28]],
    [1002, "a close with a code that does not exist", [0x88, 0x82, 0, 0, 0, 0, 0, 1]],
    [
      1008,
      "a message in more than 64 frames",
      [0x01, ...Array<number[]>(65).fill([0x81, 0, 0, 0, 0, 0, 0]).flat(), 0x81],
    ],
  ])(
    "20: closes with %i after %s, with more behind it, while earlier frames wait",
    async (code, _, bytes) => {
      await using server = await socketServer();
      const client = server.connect();
      await client.init();
      const pongs = Buffer.from(Array<number[]>(50).fill([0x8a, 0x80, 0, 0, 0, 0]).flat());
      for (const piece of [pongs, Buffer.from(bytes), Buffer.alloc(100)])
        server.connections[0]!.emit("data", piece);
      expect(await client.closed).toBe(code);
    },
  );

  it("20: closes with 1008 after a message in tiny pieces, which take more of memory than what they bring", async () => {
    await using server = await socketServer();
    const client = server.connect();
    await once(client.socket, "open");
    server.connections[0]!.emit("data", Buffer.from([0x81, 0xfe, 0xff, 0xff, 0, 0, 0, 0]));
    for (let piece = 0; piece <= 256; piece += 1) server.connections[0]!.emit("data", Buffer.from(" "));
    expect(await client.closed).toBe(1008);
  });

  it("answers a handshake of more than a hundred headers 431", async () => {
    await using server = await socketServer();
    const headers = Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`a${index}`, "b"]));
    expect(await server.connect({ headers }).refused).toBe(431);
  });

  it("20: takes a message of the largest size in pieces of 256 bytes", async () => {
    await using server = await socketServer();
    const client = server.connect();
    await client.init();
    const [connection] = server.connections;
    const text = Buffer.from('{"type":"ping"}'.padEnd(65_535));
    connection!.emit("data", Buffer.from([0x81, 0xfe, 0xff, 0xff, 0, 0, 0, 0]));
    for (let at = 0; at < text.length; at += 256) connection!.emit("data", text.subarray(at, at + 256));
    expect(await client.next()).toEqual({ type: "pong" });
  });

  it.each([[["graphql-ws"]], [["a", "b"]], [[]]])(
    "1: closes with 4406 without its protocol: %j",
    async (protocols) => {
      await using server = await socketServer();
      expect(await server.connect({ protocols }).closed).toBe(4406);
    },
  );

  it("speaks its protocol to a client that asked for others first", async () => {
    await using server = await socketServer();
    const client = server.connect({ protocols: ["graphql-ws", "graphql-transport-ws"] });
    await client.init();
    expect(client.socket.protocol).toBe("graphql-transport-ws");
  });

  it("2: closes with 4408 without an init within three seconds", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    try {
      await using server = await socketServer();
      const client = server.connect();
      await once(client.socket, "open");
      vi.advanceTimersByTime(2_999);
      client.send({ type: "ping" });
      expect(await Promise.race([client.next(), client.closed])).toEqual({ type: "pong" });
      vi.advanceTimersByTime(1);
      expect(await client.closed).toBe(4408);
    } finally {
      vi.useRealTimers();
    }
  });

  it("ends the connection two seconds after a close that is not answered, with what it was sent", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    try {
      await using server = await socketServer();
      using wire = new Wire(server.port);
      wire.write(
        `GET /graphql HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n${handshake}Sec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n`,
      );
      await wire.until("graphql-transport-ws\r\n\r\n");
      vi.advanceTimersByTime(3_000);
      await wire.until("timeout");
      vi.advanceTimersByTime(1_999);
      expect(server.connections[0]!.destroyed).toBe(false);
      vi.advanceTimersByTime(1);
      expect(server.connections[0]!.destroyed).toBe(true);
    } finally {
      vi.useRealTimers();
    }
  });

  it("closes with 4403 once who was let in may read no longer", async () => {
    const revoked = new AbortController();
    await using server = await socketServer({
      admission: {
        is: "admitted",
        viewer: { scope: "read", projects: "all" },
        until: null,
        revoked: revoked.signal,
      },
    });
    const client = server.connect();
    await client.init();
    client.send(follow("a"));
    await client.next();
    server.beats(1);
    expect(client.socket.readyState).toBe(client.socket.OPEN);
    revoked.abort();
    server.beats(1);
    expect(await client.closed).toBe(4403);
    await server.emptied();
  });

  it("19: closes with 1012 when the gateway stops, and takes no other", async () => {
    await using server = await socketServer();
    const client = server.connect();
    await client.init();
    await server.sockets[Symbol.asyncDispose]();
    expect(await client.closed).toBe(1012);
    expect(await server.connect().refused).toBe(503);
  });

  it("17: cuts who does not answer pings", async () => {
    await using server = await socketServer();
    const client = server.connect({ autoPong: false });
    await client.init();
    server.beats(pingSeconds);
    await client.next();
    server.beats(pingSeconds);
    expect(await client.closed).toBe(1006);
  });

  it("keeps who answers pings", async () => {
    await using server = await socketServer();
    const client = server.connect();
    await client.init();
    let pings = 0;
    client.socket.on("ping", () => (pings += 1));
    for (let round = 0; round < 3; round += 1) {
      server.beats(pingSeconds / 2);
      server.beats(pingSeconds / 2);
      expect(await client.next()).toEqual({ type: "ping" });
      client.send({ type: "pong" });
      client.send({ type: "ping" });
      await client.next();
    }
    expect([client.socket.readyState, pings]).toEqual([client.socket.OPEN, 0]);
  });

  it("keeps one that leaves the protocol's pings unanswered, and answers the WebSocket's", async () => {
    await using server = await socketServer();
    const client = server.connect();
    await client.init();
    server.beats(pingSeconds);
    for (let round = 0; round < 3; round += 1) {
      expect(await client.next()).toEqual({ type: "ping" });
      const pinged = once(client.socket, "ping");
      const answered = once(server.connections[0]!, "data");
      server.beats(pingSeconds / 2);
      await Promise.all([pinged, answered]);
      // What has arrived is taken in the next turn of the event loop.
      await setImmediate();
      server.beats(pingSeconds / 2);
    }
    expect(client.socket.readyState).toBe(client.socket.OPEN);
  });

  it("does not count how long what came before a ping takes to read, slowly, for silence", async () => {
    await using server = await socketServer({
      known: { issues: [issue("1", { title: "x".repeat(900_000) })] },
    });
    const client = server.connect();
    await client.init();
    client.send(subscribe("a", '{ issue(sentryId: "1") { title } }'));
    expect([await client.next(), await client.next()]).toMatchObject([
      { type: "next" },
      { type: "complete" },
    ]);
    // As slowly as it may be read, that takes twenty seconds.
    server.beats(2 * pingSeconds);
    client.send({ type: "ping" });
    expect([await client.next(), await client.next(), await client.next()]).toEqual([
      { type: "ping" },
      { type: "ping" },
      { type: "pong" },
    ]);
    server.beats(2 * pingSeconds);
    expect(await client.closed).toBe(1006);
  });

  it("18: cuts who takes nothing for thirty seconds", async () => {
    const padding = "x".repeat(60_000);
    await using server = await socketServer({
      known: { issues: [issue("1", { title: padding })] },
      maxOperations: 1_000,
    });
    const client = server.connect();
    await client.init();
    client.socket.pause();
    for (let id = 0; id < 400; id += 1)
      client.send(subscribe(String(id), '{ issue(sentryId: "1") { title } }'));
    for (let beat = 0; beat < 2_000 && !server.happened.includes("cut"); beat += 1) {
      await setImmediate();
      if (beat % 50 === 0) server.beats(1);
    }
    expect(server.happened).toEqual(["cut"]);
    client.socket.resume();
    expect(await client.closed).toBe(1006);
    expect(stallSeconds).toBe(30);
  });
});

describe("many subscriptions on one WebSocket", () => {
  const size = 500_000;
  const padding = "x".repeat(size);
  const ids = Array.from({ length: 6 }, (_, number) => `s${number}`);

  /** Each is told every entry of the log, and nothing else. */
  async function following(
    logged: number,
    { isShared = false, answerRoom = createAnswerRoom(Infinity) } = {},
  ) {
    const { live, log, write, fanout } = liveOverMemory(logged);
    let begun = 0;
    const server = await socketServer({
      maxOperations: ids.length,
      answerRoom,
      live: {
        begin(_, sink) {
          const key = isShared ? "one" : `one of many: ${begun}`;
          begun += 1;
          return live.begin(seqOperation(0, { key, padding }), sink);
        },
      },
    });
    const client = server.connect();
    await client.init();
    return {
      server,
      client,
      log,
      write,
      socket: server.connections[0]!,
      async [Symbol.asyncDispose]() {
        fanout[Symbol.dispose]();
        await server[Symbol.asyncDispose]();
      },
    };
  }

  /** Resolves once the system takes no more. */
  async function filled(socket: Socket): Promise<void> {
    while (!socket.writableNeedDrain) await setImmediate();
    for (let turn = 0; turn < 50; turn += 1) await setImmediate();
    if (!socket.writableNeedDrain) await filled(socket);
  }

  it.each([true, false])(
    "have one large result at a time wait for a client that takes none, replayed or live, alike or not: %s",
    async (isShared) => {
      // More than the system takes.
      const logged = 10;
      await using at = await following(logged, { isShared });
      at.client.socket.pause();
      for (const id of ids) at.client.send(follow(id));
      await filled(at.socket);
      expect(at.socket.writableLength).toBeLessThan(2 * size);
      at.client.socket.resume();
      const told = ids.length * logged;
      for (let results = 0; results < told;) if ((await at.client.next())["type"] === "next") results += 1;
      at.client.socket.pause();
      while (!at.socket.writableNeedDrain) {
        at.write();
        await setImmediate();
      }
      await filled(at.socket);
      expect(at.socket.writableLength).toBeLessThan(2 * size);
      at.client.socket.resume();
      const all = ids.length * at.log.stored.length;
      for (let results = told; results < all;) if ((await at.client.next())["type"] === "next") results += 1;
    },
  );

  it("have their socket cut where there is no room for what its client leaves", async () => {
    await using at = await following(10, { answerRoom: createAnswerRoom(size / 2) });
    at.client.socket.pause();
    for (const id of ids) at.client.send(follow(id));
    await expect.poll(() => at.server.happened).toContain("cut");
    at.client.socket.resume();
    expect(await at.client.closed).toBe(1006);
    expect(at.server.happened.filter((one) => one === "cut")).toHaveLength(1);
  });

  it("take room for what their client leaves, and give that back once it is taken, or the client is gone", async () => {
    const answerRoom = createAnswerRoom(3 * size);
    await using at = await following(10, { answerRoom });
    const hasRoom = (): boolean => {
      const given = answerRoom.add(3 * size, 0);
      given?.();
      return given !== null;
    };
    at.client.socket.pause();
    for (const id of ids) at.client.send(follow(id));
    await expect.poll(hasRoom).toBe(false);
    at.client.socket.resume();
    const told = ids.length * 10;
    for (let results = 0; results < told;) if ((await at.client.next())["type"] === "next") results += 1;
    await expect.poll(hasRoom).toBe(true);
    at.client.socket.pause();
    while (hasRoom()) {
      at.write();
      await setImmediate();
    }
    at.client.socket.terminate();
    await expect.poll(hasRoom).toBe(true);
  });

  it("have their socket cut, and counted, where it gives way to another client that has less", async () => {
    const answerRoom = createAnswerRoom(2 * size, ({ headers }) => headers["x-client"] as string);
    await using at = await following(10, { answerRoom });
    at.client.socket.pause();
    for (const id of ids) at.client.send(follow(id));
    await filled(at.socket);
    expect(at.server.happened).not.toContain("cut");
    const another = { socket: new Socket(), headers: { "x-client": "another" } };
    expect(answerRoom.add(size, 0, another)).not.toBeNull();
    expect(at.server.happened.filter((one) => one === "cut")).toHaveLength(1);
    at.client.socket.resume();
    expect(await at.client.closed).toBe(1006);
  });

  it("take turns where each fills the socket", async () => {
    // More than the system takes at once.
    const json = JSON.stringify("x".repeat(8_000_000));
    const message = createMessage(json, { cursor: null, failed: "nowhere" });
    const written: number[] = [];
    const rounds = 3;
    const begun: LiveSubscriber[] = [];
    await using server = await socketServer({
      live: {
        begin(_, { hasRoom, write, caughtUp }) {
          const own = begun.length;
          queueMicrotask(caughtUp);
          begun.push({
            position: 0,
            cursor: cursorOf(at(0)),
            resumes: true,
            resume() {
              while (hasRoom() && written.filter((one) => one === own).length < rounds) {
                written.push(own);
                write(message);
              }
            },
            [Symbol.dispose]() {},
          });
          return begun[own]!;
        },
      },
    });
    const client = server.connect();
    await client.init();
    for (const id of ["a", "b", "c"]) {
      client.send(follow(id));
      await client.next();
    }
    begun[0]!.resume();
    for (let result = 0; result < 3 * rounds; result += 1) await client.next();
    expect(written).toEqual(Array.from({ length: 3 * rounds }, (_, index) => index % 3));
  });
});

describe("an operation over a WebSocket", () => {
  const hundred = "transitions(first: 100) { nodes {";
  const expensive = `${hundred} issue { ${hundred} issue { ${hundred} id } } } } } } } }`;

  it.each([
    [8, "GRAPHQL_PARSE_FAILED", "{"],
    [8, "GRAPHQL_PARSE_FAILED", `{${"a ".repeat(2_001)}}`],
    [9, "GRAPHQL_VALIDATION_FAILED", "{ nothing }"],
    [9, "OPERATION_RESOLUTION_FAILURE", "query A { feed { epoch } } query B { feed { epoch } }"],
    [11, "QUERY_TOO_COMPLEX", `{ ${"a: __typename @skip(if: true) ".repeat(51)} }`],
    [11, "QUERY_TOO_COMPLEX", `{ issues(first: 100) { nodes { ${expensive} } } }`],
    [11, "QUERY_TOO_COMPLEX", `subscription { issueChanged { issue { ${expensive} } } }`],
    [11, "QUERY_TOO_DEEP", `{ issues { ${"nodes { project { issues { ".repeat(5)}x${" } } }".repeat(5)} } }`],
  ])("%i: gets an error with %s, and the socket stays: %#", async (_row, code, query) => {
    await using server = await socketServer();
    const client = server.connect();
    await client.init();
    client.send(subscribe("a", query));
    const { type, payload } = await client.next();
    expect([type, payload]).toMatchObject(["error", [{ extensions: { code } }]]);
    expect(JSON.stringify(payload)).not.toContain('"http"');
    client.send({ type: "ping" });
    expect(await client.next()).toEqual({ type: "pong" });
  });

  it.each([
    "query ($n: Int!) { issues(first: $n) { totalCount } }",
    `subscription ($n: Cursor!) { issueChanged(after: $n) { cursor } }`,
  ])("gets an error with BAD_USER_INPUT where its variables do not fit: %s", async (query) => {
    await using server = await socketServer();
    const client = server.connect();
    await client.init();
    for (const variables of [{ n: true }, {}]) {
      client.send(subscribe("a", query, variables));
      const { type, payload } = await client.next();
      expect([type, payload]).toMatchObject(["error", [{ extensions: { code: "BAD_USER_INPUT" } }]]);
    }
  });

  it("that names its document by a hash gets an error that says to send it", async () => {
    await using server = await socketServer();
    const client = server.connect();
    await client.init();
    const extensions = { persistedQuery: { version: 1, sha256Hash: "0".repeat(64) } };
    client.send({ id: "a", type: "subscribe", payload: { query: "", extensions } });
    expect(await client.next()).toEqual({
      id: "a",
      type: "error",
      payload: [
        { message: "PersistedQueryNotSupported", extensions: { code: "PERSISTED_QUERY_NOT_SUPPORTED" } },
      ],
    });
  });

  it("10: gets its resolvers' errors masked", async () => {
    await using server = await socketServer({
      known: { issues: [issue("1", { lastSeen: Date.UTC(12_000, 0) })] },
    });
    const client = server.connect();
    await client.init();
    client.send(subscribe("a", '{ issue(sentryId: "1") { lastSeen } }'));
    expect(await client.next()).toMatchObject({
      type: "next",
      payload: {
        errors: [{ message: "Unexpected error.", extensions: { code: "INTERNAL_SERVER_ERROR" } }],
      },
    });
    expect(server.reported).toHaveLength(1);
  });

  it("gets an error where its transaction cannot be had, and the socket stays", async () => {
    await using server = await socketServer();
    const client = server.connect();
    await client.init();
    client.send(subscribe("a", "{ feed { cursor } }"));
    expect(await Promise.race([client.next(), client.closed])).toMatchObject({
      id: "a",
      type: "error",
      payload: [{ message: "Unexpected error.", extensions: { code: "INTERNAL_SERVER_ERROR" } }],
    });
    client.send({ type: "ping" });
    expect(await client.next()).toEqual({ type: "pong" });
    expect([server.reported.length, server.failures]).toEqual([1, []]);
  });

  it("that resumes where it cannot gets `next` with the code, then `complete`", async () => {
    await using server = await socketServer();
    const client = server.connect();
    await client.init();
    client.send(subscribe("a", 'subscription { issueChanged(after: "garbage") { cursor } }'));
    expect([await client.next(), await client.next()]).toMatchObject([
      { id: "a", type: "next", payload: { errors: [{ extensions: { code: "CURSOR_INVALID" } }] } },
      { id: "a", type: "complete" },
    ]);
    expect(server.happened).toEqual([]);
  });

  it("13: gets OPERATION_LIMIT beyond so many at once", async () => {
    await using server = await socketServer();
    const client = server.connect();
    await client.init();
    for (const id of ["a", "b", "c"]) {
      client.send(follow(id));
      await client.next();
    }
    client.send(follow("d"));
    expect(await client.next()).toMatchObject({
      id: "d",
      type: "error",
      payload: [{ extensions: { code: "OPERATION_LIMIT" } }],
    });
    client.send({ id: "a", type: "complete" });
    client.send(follow("d"));
    expect(await client.next()).toMatchObject({ type: "ping" });
  });

  it("counts as many bytes of an operation that waits for its turn as its message has characters", async () => {
    const held: (number | undefined)[] = [];
    await using server = await socketServer({
      turnstile: { enter: (_client, bytes) => held.push(bytes) > 0 },
    });
    const client = server.connect();
    await client.init();
    const message = subscribe("a", "{ __typename }", { x: "y".repeat(50_000) });
    client.send({ ...message, payload: { ...message.payload, operationName: "z".repeat(10_000) } });
    await client.next();
    expect(held).toHaveLength(1);
    expect(held[0]).toBeGreaterThan(60_000);
  });

  it("gets SERVICE_UNAVAILABLE for an operation where too many wait for their turn", async () => {
    await using server = await socketServer({ turnstile: { enter: () => false } });
    const client = server.connect();
    await client.init();
    client.send(follow("a"));
    expect(await client.next()).toMatchObject({
      id: "a",
      type: "error",
      payload: [{ extensions: { code: "SERVICE_UNAVAILABLE" } }],
    });
  });

  describe("whose answers the client does not take", () => {
    /** More than systems hold on the way. */
    const large = "x".repeat(24_000_000);
    const roomBytes = 60_000_000;
    const asking = (id: string) => subscribe(id, '{ issue(sentryId: "1") { title } }');
    const little = (id: string) => subscribe(id, "{ __typename }");

    function hasRoom({ add }: AnswerRoom, bytes = roomBytes): boolean {
      const given = add(bytes, 0);
      given?.();
      return given !== null;
    }

    /** A server that has two such answers to be taken, and room for no other. */
    async function untaken() {
      const answerRoom = createAnswerRoom(roomBytes);
      const server = await socketServer({
        known: { issues: [issue("1", { title: large })] },
        answerRoom,
      });
      const client = server.connect();
      await client.init();
      client.socket.pause();
      client.send(asking("a"));
      client.send(asking("b"));
      await expect.poll(() => hasRoom(answerRoom, 30_000_000)).toBe(false);
      return { server, client, answerRoom, [Symbol.asyncDispose]: server[Symbol.asyncDispose] };
    }

    it("has only its text held of an answer that waits, and nothing of one that there is no room for", async () => {
      const results: WeakRef<object>[] = [];
      await using server = await socketServer({
        answerRoom: createAnswerRoom(1.5 * large.length),
        graphql: resultsOf(() => {
          const result = { data: { text: large } };
          results.push(new WeakRef(result.data));
          return result;
        }),
      });
      const client = server.connect();
      await client.init();
      client.socket.pause();
      sendAtOnce(client, ["a", "b"].map(little));
      await expect.poll(() => results.length === 2 && results.every(isGarbage)).toBe(true);
      expect(server.connections[0]!.writableNeedDrain).toBe(true);
    });

    it("is cut once, however many of them give way", async () => {
      const waiting: (() => void)[] = [];
      await using server = await socketServer({
        answerRoom: {
          add(_bytes, _behind, _request, giveWay) {
            waiting.push(giveWay!);
            return () => {};
          },
        },
      });
      const client = server.connect();
      await client.init();
      for (const id of ["a", "b"]) client.send(little(id));
      await expect.poll(() => waiting.length).toBe(2);
      for (const giveWay of waiting) giveWay();
      expect(server.happened).toEqual(["cut"]);
    });

    it("gets SERVICE_UNAVAILABLE in place of an answer that there is no room for, and goes on", async () => {
      await using at = await untaken();
      const other = at.server.connect();
      await other.init();
      other.send(asking("c"));
      expect(await other.next()).toEqual({
        id: "c",
        type: "error",
        payload: [
          {
            message: expect.stringContaining("try again"),
            extensions: { code: "SERVICE_UNAVAILABLE" },
          },
        ],
      });
      other.send(little("c"));
      expect([await other.next(), await other.next()]).toMatchObject([
        { id: "c", type: "next" },
        { id: "c", type: "complete" },
      ]);
      at.client.socket.resume();
      for (const id of ["a", "b"])
        expect([await at.client.next(), await at.client.next()]).toMatchObject([
          { id, type: "next" },
          { id, type: "complete" },
        ]);
      await expect.poll(() => hasRoom(at.answerRoom)).toBe(true);
    });

    it.each<[string, (server: Awaited<ReturnType<typeof socketServer>>, client: WebSocket) => void]>([
      ["ends the connection", (_, client) => client.terminate()],
      [
        "closes the socket, and reads on",
        (_, client) => {
          client.close();
          client.resume();
        },
      ],
      [
        "closes the socket, and takes nothing for thirty seconds",
        (server, client) => {
          client.close();
          server.beats(stallSeconds);
        },
      ],
      ["is cut", ({ connections: [connection] }) => void connection!.resetAndDestroy()],
      ["is gone", ({ connections: [connection] }) => void connection!.destroy()],
    ])("gives their room back where the client %s", async (_, end) => {
      await using at = await untaken();
      end(at.server, at.client.socket);
      await expect.poll(() => hasRoom(at.answerRoom)).toBe(true);
    });

    it("gives their room back where the client completes them", async () => {
      await using at = await untaken();
      for (const id of ["a", "b"]) at.client.send({ id, type: "complete" });
      at.client.socket.resume();
      await expect.poll(() => hasRoom(at.answerRoom)).toBe(true);
    });
  });

  it("has no operation executed that it has completed, which counts as one of its own until that is noticed", async () => {
    const turn = Promise.withResolvers<boolean>();
    await using server = await socketServer({ turnstile: { enter: () => turn.promise } });
    const client = server.connect();
    await client.init();
    const list = (id: string) => ({
      id,
      type: "subscribe",
      payload: { query: "{ issues { nodes { id } } }" },
    });
    for (const id of ["a", "b", "c"]) {
      client.send(list(id));
      client.send({ id, type: "complete" });
    }
    client.send(list("d"));
    expect(await client.next()).toMatchObject({
      id: "d",
      type: "error",
      payload: [{ extensions: { code: "OPERATION_LIMIT" } }],
    });
    turn.resolve(true);
    client.send(list("e"));
    expect(await client.next()).toMatchObject({ id: "e", type: "next" });
    expect(server.questions).toHaveLength(1);
  });

  it("gets RATE_LIMITED for an operation beyond what its address may ask for, and stays connected", async () => {
    // The handshake and one operation.
    let left = 2;
    await using server = await socketServer({ rate: () => ((left -= 1) < 0 ? 7 : 0) });
    const client = server.connect();
    await client.init();
    client.send(follow("a"));
    expect(await client.next()).toMatchObject({ type: "ping" });
    client.send(follow("b"));
    expect(await client.next()).toMatchObject({
      id: "b",
      type: "error",
      payload: [{ message: expect.stringContaining("wait 7 s"), extensions: { code: "RATE_LIMITED" } }],
    });
    client.send({ type: "ping" });
    expect(await client.next()).toEqual({ type: "pong" });
  });
});

const key = "AAAAAAAAAAAAAAAAAAAAAA==";
const handshake = `Host: localhost\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\n`;

describe("the upgrade to a WebSocket", () => {
  it.each([
    ["http://evil.example", 403],
    ["null", 403],
    ["http://127.0.0.1.evil.example", 403],
    ["https://allowed.example", 101],
  ])("14: from a page of %s: %i", async (origin, status) => {
    await using server = await socketServer({ origins: ["https://allowed.example"] });
    const client = server.connect({ origin });
    if (status === 101) await once(client.socket, "open");
    else expect(await client.refused).toBe(status);
  });

  it.each([
    ["without a key", "Host: localhost\r\nSec-WebSocket-Version: 13\r\n"],
    ["of another version", `Host: localhost\r\nSec-WebSocket-Version: 99\r\nSec-WebSocket-Key: ${key}\r\n`],
    ["that asks for one protocol twice", `${handshake}Sec-WebSocket-Protocol: a, a\r\n`],
    ["without a host", handshake.replace("Host: localhost\r\n", "")],
    ["of two hosts", `${handshake}Host: elsewhere.example\r\n`],
  ])("%s is answered 400, with problem details", async (_, headers) => {
    await using server = await socketServer();
    using wire = new Wire(server.port);
    wire.write(`GET /graphql HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n${headers}\r\n`);
    expect(await wire.untilEnd()).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n.*"code":"BAD_REQUEST"/s);
  });

  it("is refused with 429 to an address that has asked for as much as it may, and says when to come back", async () => {
    await using server = await socketServer({ rate: () => 7 });
    using wire = new Wire(server.port);
    wire.write(`GET /graphql HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n${handshake}\r\n`);
    expect(await wire.untilEnd()).toMatch(/^HTTP\/1\.1 429 .*\r\nRetry-After: 7\r\n.*"code":"RATE_LIMITED"/s);
  });

  it("leaves no socket behind where it is refused, whatever the client sends after it", async () => {
    await using server = await socketServer();
    const client = connect({ host: "127.0.0.1", port: server.port, allowHalfOpen: true });
    client.on("error", () => {});
    client.write(
      "GET /graphql HTTP/1.1\r\nHost: localhost\r\nOrigin: http://evil.example\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
    );
    const [answer] = (await once(client, "data")) as [Buffer];
    expect(answer.toString()).toMatch(/^HTTP\/1\.1 403 /);
    client.end("more");
    await expect.poll(() => server.connections.map(({ destroyed }) => destroyed)).toEqual([true]);
  });

  it("16: does not agree to compress, which a few bytes could unpack to anything by", async () => {
    await using server = await socketServer();
    const { socket } = server.connect({ perMessageDeflate: true });
    await once(socket, "open");
    expect(socket.extensions).toBe("");
  });

  it("from a page of this host is let in", async () => {
    await using server = await socketServer();
    await once(server.connect({ origin: `http://127.0.0.1:${server.port}` }).socket, "open");
  });

  it("15: is refused with 503 beyond so many of one client, until one of them is closed", async () => {
    await using server = await socketServer();
    const [first, second] = [server.connect(), server.connect()];
    await Promise.all([once(first.socket, "open"), once(second.socket, "open")]);
    expect(await server.connect().refused).toBe(503);
    await once(server.connect({ headers: { "x-client": "another" } }).socket, "open");
    first.socket.close();
    await first.closed;
    await once(server.connect().socket, "open");
    expect(await server.connect().refused).toBe(503);
  });

  it.each([
    ["another path", "GET /other HTTP/1.1\r\nUpgrade: websocket"],
    ["another protocol", "GET /graphql HTTP/1.1\r\nUpgrade: h2c"],
    ["a POST", "POST /graphql HTTP/1.1\r\nContent-Length: 0\r\nUpgrade: websocket"],
  ])("is no reason not to serve a request: %s", async (_, head) => {
    await using server = await socketServer();
    const socket = connect(server.port, "127.0.0.1");
    socket.write(`${head}\r\nConnection: Upgrade\r\nHost: localhost\r\n\r\n`);
    const [answer] = (await once(socket, "data")) as [Buffer];
    expect(answer.toString()).toMatch(/^HTTP\/1.1 200 OK[^]*served/);
    socket.destroy();
  });
});
