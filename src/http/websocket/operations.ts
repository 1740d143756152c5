import { CloseCode, makeServer, MessageType, type ServerOptions } from "graphql-ws";
import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { WebSocket } from "ws";
import { errorOf } from "../../graphql/errors.ts";
import type { LiveOperation } from "../../graphql/live/live-operation.ts";
import { isPersisted, persistedQuery } from "../../graphql/params.ts";
import { formatted, serialised } from "../../graphql/serialised.ts";
import type { Client } from "../../graphql/reading/waiting.ts";
import type { GraphQL } from "../../graphql/yoga.ts";
import type { Report } from "../../observability/report.ts";
import { mayStillRead, type Admit, type Admitted } from "../access/admit.ts";
import { createUnread, noRoomToAnswer, type AnswerRoom, type Unread } from "../limits/answer-room.ts";
import { begin, type Begun } from "./begun.ts";
import { pingSeconds, stallSeconds, type Heartbeat } from "../live/heartbeat.ts";
import { createInbox } from "./inbox.ts";
import { inBytes } from "../in-bytes.ts";
import type { InTurn } from "./in-turn.ts";
import type { Live, LiveSubscriber } from "../live/live.ts";
import { startOfNext } from "../live/message.ts";
import { tooMany, type RequestRate } from "../limits/request-rate.ts";
import { slowReader } from "../limits/slow-reader.ts";
import { whereAllStand } from "./stand.ts";
import { textFrame, textFrameHead } from "./text-frame.ts";
import { createTurnstile, tooManyWait, type Turnstile } from "../limits/turnstile.ts";

export type OperationsOptions = {
  readonly graphql: GraphQL;
  readonly admit: Admit;
  readonly live: Live;
  readonly heartbeat: Heartbeat;
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** Counts each operation that a client begins as one request. */
  readonly rate: RequestRate;
  /** Shared by all transports. */
  readonly turnstile: Turnstile;
  /** For all messages of clients; it must never refuse. Separate from `turnstile`, because operations take longer. */
  readonly messageTurnstile?: Turnstile;
  /** The client that a request comes from: one key for all of a client's addresses. */
  readonly clientOf: (request: IncomingMessage) => string;
  /** Shared by all transports. */
  readonly answerRoom: AnswerRoom;
  /** The most operations at once on one socket. */
  readonly maxOperations: number;
  readonly report: Pick<Report, "subscriberJoined" | "subscriberLeft" | "slowConsumerCut" | "requestFailed">;
};

/** One socket and what is being served on it. */
type Connection = {
  readonly webSocket: WebSocket;
  readonly socket: Socket;
  readonly request: IncomingMessage;
  /** One key for all of the client's addresses. */
  readonly client: string;
  admitted: Admitted | null;
  /** The messages of its client. */
  inbox: Pick<InTurn, "isWaiting">;
  readonly unread: Unread;
  /** Subscriptions by id; the one that last filled the socket comes last. */
  readonly subscribers: Map<string, LiveSubscriber>;
  /** Operations that have not ended, by id, as graphql-ws holds them. It does not know yet what some of them are. */
  operations: Readonly<Record<string, unknown>>;
  /** How many operations wait to begin or execute, those included that the client has completed meanwhile. */
  executing: number;
  /** How many messages have come from the client so far. */
  messages: number;
};

/** Seconds from our ping to a WebSocket ping, for clients that have not answered. */
const doubtSeconds = pingSeconds / 2;

/** Try Again Later, as registered with IANA: the credential cannot be checked now. */
const tryAgainLater = 1013;

/** The most bytes of a message before the client is admitted: as many as a request's headers may have. */
const mostBeforeAdmitted = 16 * 1024;

/** The most bytes of a close frame's reason (RFC 6455, 5.5), which may contain an operation's id. */
const maxReasonBytes = 123;

/**
 * Serves graphql-transport-ws on the sockets that the returned function is given. graphql-ws implements the protocol,
 * and Yoga's pipeline parses, validates and executes. Answers and live results bypass both: they are written to the
 * socket, in frames that are made once.
 *
 * | closed with | when                                                                                          |
 * | ----------- | --------------------------------------------------------------------------------------------- |
 * | 4400        | an invalid message, one whose id has more than 256 characters, or one of more than 16 KiB     |
 * |             | before the connection is acknowledged                                                         |
 * | 4401        | an operation before the connection is acknowledged                                            |
 * | 4403        | the client may not read, or may no longer read                                                |
 * | 4406        | a protocol other than graphql-transport-ws                                                    |
 * | 4408        | no `connection_init` within 3 s                                                               |
 * | 4409        | an id that an operation has already                                                           |
 * | 4429        | a second `connection_init`                                                                    |
 * | 4500        | an internal error                                                                             |
 * | 1008        | a message in more than 64 frames, or in tiny pieces                                           |
 * | 1009        | a message of more than 64 KiB                                                                 |
 * | 1012        | the gateway stops: reconnect and resume after the last cursor                                 |
 * | 1013        | the credential cannot be checked now                                                          |
 * | cut         | no answer to a ping within 12 s, no room for 30 s, or no memory for what the client has not   |
 * |             | read: reconnect and resume after the last cursor                                              |
 *
 * A ping carries `{ "cursor": …, "ids": […] }`: of these subscriptions, everything up to the cursor has been sent, and
 * nothing after it. They are all subscriptions of the socket that can resume; the client may have asked for others
 * meanwhile. A ping carries nothing if `whereAllStand` gives nothing, or if another message of the client waits.
 *
 * Pings are sent every 12 s, during a replay as well, and after each replay. A client that has been silent for 6 s
 * after one is also sent a WebSocket ping: if its program does not answer ours, it may still be there. While a slow
 * client may still be reading what was sent before, it does not count as silent.
 */
export function serveOperations(options: OperationsOptions) {
  const { graphql, admit, heartbeat, now, rate, turnstile, clientOf, answerRoom, maxOperations, report } =
    options;
  // At most one message of each socket waits, so there are never more than there are sockets.
  const { messageTurnstile = createTurnstile({ mostWaiting: Infinity }) } = options;
  const protocol = makeServer(protocolOptions());

  return (webSocket: WebSocket, socket: Socket, request: IncomingMessage): void => {
    const connection: Connection = {
      webSocket,
      socket,
      request,
      client: clientOf(request),
      admitted: null,
      inbox: { isWaiting: () => false },
      unread: createUnread(answerRoom, socket, request, () => cut(connection, options)),
      subscribers: new Map(),
      operations: {},
      executing: 0,
      messages: 0,
    };
    let seconds = 0;
    let stalledSeconds = 0;
    /** Seconds since a message came or waited, or since the client may last have been reading. */
    let silentSeconds = 0;
    const mayBeReading = slowReader(socket);
    const isOpen = (): boolean => webSocket.readyState === webSocket.OPEN;
    /** The payload of the WebSocket ping to answer; null if there is none. */
    let pinged: Buffer | null = null;

    function close(code: number, reason: string): void {
      webSocket.close(code, Buffer.byteLength(reason) > maxReasonBytes ? "" : reason);
    }

    /** Of several pings that wait, the newest is answered (RFC 6455, 5.5.3). */
    async function pong(): Promise<void> {
      await messageTurnstile.enter(connection.client);
      const payload = pinged!;
      pinged = null;
      if (!isOpen()) return;
      webSocket.pong(payload, false, () => {});
      readOrWait(connection);
    }

    const opened = protocol.opened(
      {
        protocol: webSocket.protocol,
        send: (message) =>
          new Promise((resolve) => {
            if (!isOpen()) return resolve();
            // A socket that fails also closes, which is listened for.
            webSocket.send(message, () => resolve());
            readOrWait(connection);
          }),
        close,
        onMessage(handle) {
          const inbox = createInbox({
            turnstile: messageTurnstile,
            client: connection.client,
            // graphql-ws does not parse a message that is an object.
            handle: handle as (message: unknown) => Promise<void>,
            close,
            isOpen,
            changed: () => readOrWait(connection),
            failed(error) {
              report.requestFailed(error);
              webSocket.close(CloseCode.InternalServerError);
            },
          });
          connection.inbox = inbox;
          webSocket.on("message", (data) => {
            // Messages still arrive after a close.
            if (!isOpen()) return;
            silentSeconds = 0;
            connection.messages += 1;
            // ws gives Buffers unless told otherwise.
            const message = data as Buffer;
            if (connection.admitted === null && message.length > mostBeforeAdmitted)
              return close(CloseCode.BadRequest, "Too large before the connection is acknowledged");
            inbox.add(message.toString());
          });
        },
      },
      connection,
    );

    const visiting = heartbeat.add(() => {
      if (connection.admitted !== null && !mayStillRead(connection.admitted, now())) {
        webSocket.close(CloseCode.Forbidden, "Forbidden");
        return;
      }
      stalledSeconds = socket.writableNeedDrain ? stalledSeconds + 1 : 0;
      if (stalledSeconds >= stallSeconds) return cut(connection, options);
      seconds += 1;
      if (socket.writableNeedDrain) return;
      silentSeconds = mayBeReading() || connection.inbox.isWaiting() ? 0 : silentSeconds + 1;
      switch (seconds % pingSeconds) {
        case 0:
          return silentSeconds > pingSeconds ? webSocket.terminate() : pingWithCursor(connection);
        case doubtSeconds:
          // Not sent to every client: it would double the cost of idle clients that answer.
          if (silentSeconds > doubtSeconds) webSocket.ping();
      }
    });

    socket.on("drain", () => {
      stalledSeconds = 0;
      connection.unread.letGo();
      readOrWait(connection);
      // If one fills the socket again, those after it keep their places, to go on before it next time.
      for (const subscriber of connection.subscribers.values()) {
        if (socket.writableNeedDrain) break;
        subscriber.resume();
      }
    });
    webSocket.on("pong", () => {
      silentSeconds = 0;
    });
    webSocket.on("ping", (payload) => {
      const isAnswering = pinged !== null;
      pinged = payload;
      if (!isAnswering) void pong();
    });
    // What `close` follows.
    webSocket.on("error", () => {});
    socket.once("close", connection.unread.letGo);
    webSocket.once("close", (code, reason) => {
      visiting[Symbol.dispose]();
      void opened(code, String(reason)).catch(report.requestFailed);
    });
  };

  function protocolOptions(): ServerOptions<Record<string, unknown>, Connection> {
    return {
      async onConnect(context) {
        const { extra: connection, connectionParams, subscriptions } = context;
        connection.operations = subscriptions;
        // graphql-ws would hold them as long as the connection.
        delete (context as { connectionParams?: unknown }).connectionParams;
        const admission = await admit(connection.request, connectionParams);
        if (admission.is === "unknown") connection.webSocket.close(tryAgainLater, "Try again later");
        if (admission.is !== "admitted") return false;
        connection.admitted = admission;
        return true;
      },
      onSubscribe: async ({ extra: connection }, id, { query, operationName, variables, extensions }) => {
        const waitSeconds = rate(connection.request);
        if (waitSeconds > 0) return [errorOf("RATE_LIMITED", tooMany(waitSeconds))];
        if (query === "" && isPersisted(extensions)) return [persistedQuery()];
        if (connection.subscribers.size + connection.executing >= maxOperations) {
          const message = `At most ${maxOperations} operations at once on one socket: complete one first.`;
          return [errorOf("OPERATION_LIMIT", message)];
        }
        connection.executing += 1;
        try {
          const client = new OperationClient(connection, id);
          if (!(await turnstile.enter(connection.client)))
            return [errorOf("SERVICE_UNAVAILABLE", tooManyWait)];
          if (client.aborted) return toldToNobody;
          // No operation begins before the connection is acknowledged.
          const { viewer } = connection.admitted!;
          return await begin(graphql, viewer, client, {
            query,
            // As over HTTP, an empty name counts as none.
            operationName: operationName || null,
            variables: variables ?? {},
          });
        } finally {
          connection.executing -= 1;
        }
      },
      // The arguments are the `Begun` that `onSubscribe` returned.
      execute: (args) => (args as Begun).result,
      subscribe: (args) => (args as Begun).result,
      onOperation: ({ extra: connection }, id, _payload, args) => {
        const begun = args as Begun;
        return begun.operation === null
          ? answered(connection, id, begun, options)
          : served(connection, id, begun, options);
      },
      onError: (_context, _id, _payload, errors) => errors.map(formatted),
    };
  }
}

/** Never sent: graphql-ws sends nothing for an operation that the client has completed. */
const toldToNobody = [errorOf("SERVICE_UNAVAILABLE", "The operation was completed before it began.")];

/** The client that waits for an operation. A class, like `ResponseClient`, so that all instances have one shape. */
class OperationClient implements Client {
  readonly #connection: Connection;
  readonly #id: string;

  constructor(connection: Connection, id: string) {
    this.#connection = connection;
    this.#id = id;
  }

  get key(): string {
    return this.#connection.client;
  }

  get aborted(): boolean {
    const { webSocket, operations } = this.#connection;
    // This id is given to another operation only once this one has ended: see `createInbox`.
    return webSocket.readyState !== webSocket.OPEN || !(this.#id in operations);
  }
}

function cut({ socket }: Connection, { report }: Pick<OperationsOptions, "report">): void {
  // Several answers on it may have to give way.
  if (socket.destroyed) return;
  report.slowConsumerCut("websocket");
  // What the system has taken and nobody reads is thrown away as well.
  socket.resetAndDestroy();
}

/** Pauses reading while answers pile up because the client does not read, or while its messages wait for a turn. */
function readOrWait({ webSocket, socket, inbox }: Connection): void {
  if (socket.writableNeedDrain || inbox.isWaiting()) webSocket.pause();
  else webSocket.resume();
}

/**
 * Sends the answer of an operation that is not served live, on the first call of `next`, and yields nothing. Throws if
 * there is no room for the answer; graphql-ws then sends an `error`. From then on nothing holds the result: graphql-ws
 * holds `begun` until the client has read all that was sent.
 */
function answered(
  connection: Connection,
  id: string,
  begun: Begun,
  options: OperationsOptions,
): AsyncIterable<never, void, void> {
  const { webSocket, socket, request } = connection;
  const giveWay = (): void => cut(connection, options);

  function answer(): void {
    const { result } = begun;
    begun.result = {};
    if (webSocket.readyState !== webSocket.OPEN) return;
    const message = `${startOfNext(id)}${inBytes(serialised(result))}}`;
    const release = options.answerRoom.add(message.length, socket.writableLength, request, giveWay);
    if (release === null) throw errorOf("SERVICE_UNAVAILABLE", noRoomToAnswer);
    // Not through ws: see `served`. `release` is also called if the socket fails before all is sent.
    socket.write(textFrameHead(message.length) + message, "latin1", release);
    readOrWait(connection);
  }

  return {
    [Symbol.asyncIterator]: () => ({
      async next() {
        answer();
        return { done: true, value: undefined };
      },
    }),
  };
}

/**
 * Serves a subscription. Yields nothing, and ends when the subscription does. graphql-ws calls `return` when the client
 * completes the operation or has left.
 */
function served(
  connection: Connection,
  id: string,
  begun: Begun,
  { live, report }: OperationsOptions,
): AsyncGenerator<never, void, void> {
  const { webSocket, socket, subscribers } = connection;
  const ended = Promise.withResolvers<IteratorResult<never, void>>();
  const start = startOfNext(id);
  let subscriber: LiveSubscriber | null = null;

  function write(frames: string): void {
    // Not through ws. It writes whole frames too, so none of ours can get into the middle of another.
    if (webSocket.readyState !== webSocket.OPEN || socket.write(frames, "latin1")) return;
    goLast();
    if (!connection.unread.count()) cut(connection, { report });
  }

  function goLast(): void {
    if (subscriber === null || subscribers.get(id) !== subscriber) return;
    subscribers.delete(id);
    subscribers.set(id, subscriber);
  }

  function join(operation: LiveOperation): void {
    begun.operation = null;
    subscriber = live.begin(operation, {
      connection,
      hasRoom: () => !socket.writableNeedDrain,
      write: (message) => write(message.frames(start)),
      caughtUp: () => pingWithCursor(connection),
      end(last, end) {
        if (last !== null) write(last.frames(start));
        // When the gateway stops all sockets are closed, by a code that says more than the end of an operation.
        if (end.is !== "stopped") leave();
      },
    });
    subscribers.set(id, subscriber);
    report.subscriberJoined("websocket");
  }

  function leave(): void {
    if (subscriber === null) return ended.resolve({ done: true, value: undefined });
    const leaving = subscriber;
    if (subscribers.get(id) === leaving) {
      subscribers.delete(id);
      report.subscriberLeft("websocket");
    }
    leaving[Symbol.dispose]();
    ended.resolve({ done: true, value: undefined });
  }

  return {
    next() {
      if (begun.operation !== null) join(begun.operation);
      return ended.promise;
    },
    return() {
      leave();
      return ended.promise;
    },
    throw() {
      leave();
      return ended.promise;
    },
    [Symbol.asyncIterator]() {
      return this;
    },
    [Symbol.asyncDispose]: async () => leave(),
  };
}

/**
 * Sends a ping in the next turn of the event loop. It carries the cursor only if no message came in that turn and none
 * waits: a message may begin a subscription further back. As long as there are messages, one comes in each turn.
 */
function pingWithCursor(connection: Connection): void {
  const { webSocket, socket, inbox, messages } = connection;
  setImmediate(() => {
    if (webSocket.readyState !== webSocket.OPEN) return;
    const isAlone = connection.messages === messages && !inbox.isWaiting();
    const payload = isAlone ? whereAllStand(connection) : undefined;
    socket.write(textFrame(JSON.stringify({ type: MessageType.Ping, payload })), "latin1");
    readOrWait(connection);
  });
}
