import { once } from "node:events";
import type { AddressInfo, Socket } from "node:net";
import { WebSocket, type ClientOptions, type RawData } from "ws";
import { unlimitedAdmin } from "../../src/domain/viewer.ts";
import type { Admission, Admit } from "../../src/http/access/admit.ts";
import { createAnswerRoom } from "../../src/http/limits/answer-room.ts";
import { startHeartbeat } from "../../src/http/live/heartbeat.ts";
import { createHttpServer } from "../../src/http/http-server.ts";
import { createSockets, type SocketsOptions } from "../../src/http/websocket/sockets.ts";
import { createTurnstile } from "../../src/http/limits/turnstile.ts";
import { gateway } from "../graphql/gateway.ts";
import type { Known } from "../graphql/fake-reader.ts";
import { liveOverMemory } from "./live-operations.ts";

export type SocketServerOptions = Partial<SocketsOptions> & {
  readonly known?: Known;
  readonly admission?: Admission;
};

export const admitted: Admission = {
  is: "admitted",
  viewer: unlimitedAdmin,
  until: null,
  revoked: new AbortController().signal,
};

/** A WebSocket server over a reader and a log in memory. Its heartbeat beats only when told to. */
export async function socketServer({
  known = {},
  admission = admitted,
  ...options
}: SocketServerOptions = {}) {
  const memory = liveOverMemory();
  const { yoga, reader, reported } = gateway(known);
  const heartbeat = startHeartbeat(3_600_000);
  const happened: string[] = [];
  const failures: unknown[] = [];
  const asked: unknown[] = [];
  const clock = { now: 0 };
  const admit: Admit = async (_request, params) => {
    asked.push(params);
    return admission;
  };
  const sockets = createSockets({
    graphql: yoga,
    admit,
    live: memory.live,
    heartbeat,
    now: () => clock.now,
    report: {
      subscriberJoined: () => happened.push("joined"),
      subscriberLeft: () => happened.push("left"),
      slowConsumerCut: () => happened.push("cut"),
      requestFailed: (error) => failures.push(error),
    },
    clientOf: ({ headers }) => String(headers["x-client"] ?? "one"),
    rate: () => 0,
    turnstile: createTurnstile(),
    answerRoom: createAnswerRoom(Infinity),
    origins: [],
    maxOperations: 3,
    maxSocketsPerClient: 2,
    ...options,
  });
  const server = createHttpServer({
    handler: (_, response) => void response.end("served"),
    sockets,
    failed: (error) => failures.push(error),
  });
  const connections: Socket[] = [];
  server.on("connection", (socket: Socket) => connections.push(socket));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const clients: WebSocket[] = [];
  return {
    ...memory,
    port,
    sockets,
    happened,
    failures,
    reported,
    /** What was asked of the store. */
    questions: reader.asked,
    asked,
    clock,
    /** The clients' connections, as the server has them. */
    connections,
    /** Resolves once there are no subscriptions. */
    async emptied(): Promise<void> {
      while (memory.fanout.groups > 0) await new Promise((resolve) => setImmediate(resolve));
    },
    beats: (count: number) => {
      for (let beat = 0; beat < count; beat += 1) heartbeat.beat();
    },
    connect: (options: ClientOptions & { readonly protocols?: string | string[] } = {}): Client => {
      const { protocols = "graphql-transport-ws", ...rest } = options;
      const socket = new WebSocket(`ws://127.0.0.1:${port}/graphql`, protocols, rest);
      clients.push(socket);
      return clientOf(socket);
    },
    async [Symbol.asyncDispose]() {
      for (const client of clients) client.terminate();
      memory.fanout[Symbol.dispose]();
      await sockets[Symbol.asyncDispose]();
      heartbeat[Symbol.dispose]();
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

export type Client = {
  readonly socket: WebSocket;
  readonly send: (message: unknown) => void;
  /** The next message that the server sent, whenever it came. */
  readonly next: () => Promise<Record<string, unknown>>;
  /** The code that the socket was closed with. */
  readonly closed: Promise<number>;
  /** The HTTP status that the upgrade was refused with. */
  readonly refused: Promise<number>;
  /** Connects and is acknowledged. */
  readonly init: () => Promise<void>;
};

function clientOf(socket: WebSocket): Client {
  const messages: Record<string, unknown>[] = [];
  const waiting: ((message: Record<string, unknown>) => void)[] = [];
  socket.on("message", (data: RawData) => {
    // The protocol's messages are objects.
    const message = JSON.parse((data as Buffer).toString()) as Record<string, unknown>;
    const wake = waiting.shift();
    if (wake === undefined) messages.push(message);
    else wake(message);
  });
  socket.on("error", () => {});
  const closed = new Promise<number>((resolve) => socket.once("close", resolve));
  const refused = new Promise<number>((resolve) =>
    socket.once("unexpected-response", (_, response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
      socket.terminate();
    }),
  );
  const send = (message: unknown): void =>
    socket.send(typeof message === "string" ? message : JSON.stringify(message));
  const next = async (): Promise<Record<string, unknown>> =>
    messages.shift() ?? new Promise((resolve) => waiting.push(resolve));
  return {
    socket,
    send,
    next,
    closed,
    refused,
    async init() {
      if (socket.readyState !== socket.OPEN) await once(socket, "open");
      send({ type: "connection_init" });
      await next();
    },
  };
}
