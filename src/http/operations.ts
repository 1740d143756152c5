import type { ExecutionResult } from "graphql";
import { CloseCode, makeServer, MessageType, type ServerOptions } from "graphql-ws";
import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { WebSocket } from "ws";
import { errorOf } from "../graphql/errors.ts";
import type { LiveOperation } from "../graphql/live-operation.ts";
import { isPersisted, persistedQuery } from "../graphql/params.ts";
import { formatted, serialised } from "../graphql/serialised.ts";
import type { Client } from "../graphql/waiting.ts";
import type { GraphQL } from "../graphql/yoga.ts";
import type { Report } from "../observability/report.ts";
import { mayStillRead, type Admit, type Admitted } from "./admit.ts";
import { createUnread, noRoomToAnswer, type AnswerRoom, type Unread } from "./answer-room.ts";
import { begin, type Begun } from "./begun.ts";
import { pingSeconds, stallSeconds, type Heartbeat } from "./heartbeat.ts";
import { createInbox } from "./inbox.ts";
import { inBytes } from "./in-bytes.ts";
import type { InTurn } from "./in-turn.ts";
import type { Live, LiveSubscriber } from "./live.ts";
import { startOfNext } from "./message.ts";
import { tooMany, type RequestRate } from "./request-rate.ts";
import { slowReader } from "./slow-reader.ts";
import { whereAllStand } from "./stand.ts";
import { textFrame, textFrameHead } from "./text-frame.ts";
import { createTurnstile, tooManyWait, type Turnstile } from "./turnstile.ts";

export type OperationsOptions = {
  readonly graphql: GraphQL;
  readonly admit: Admit;
  readonly live: Live;
  readonly heartbeat: Heartbeat;
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** Counts the operations that a client begins as what they are: requests. */
  readonly rate: RequestRate;
  /** Of all ways in. */
  readonly turnstile: Turnstile;
  /** Of what clients say, whatever it is: one that refuses none. Apart, because an operation takes longer. */
  readonly messageTurnstile?: Turnstile;
  /** Whom a request comes from: all that one client has of addresses is one key. */
  readonly clientOf: (request: IncomingMessage) => string;
  /** Of all ways in. */
  readonly answerRoom: AnswerRoom;
  /** Most operations at once on one socket. */
  readonly maxOperations: number;
  readonly report: Pick<Report, "subscriberJoined" | "subscriberLeft" | "slowConsumerCut" | "requestFailed">;
};

/** One socket and what is being served on it. */
type Connection = {
  readonly webSocket: WebSocket;
  readonly socket: Socket;
  readonly request: IncomingMessage;
  /** Whose it is: all that one client has of addresses is one key. */
  readonly client: string;
  admitted: Admitted | null;
  /** What its client says. */
  inbox: Pick<InTurn, "isWaiting">;
  readonly unread: Unread;
  /** Subscriptions by their ids, the one that was last to fill the socket behind all others. */
  readonly subscribers: Map<string, LiveSubscriber>;
  /** Every operation that has not ended, by its id, as graphql-ws has them: of some it is not known yet what they are. */
  operations: Readonly<Record<string, unknown>>;
  /** How many are being executed, those included that the client has completed and nobody waits for any more. */
  executing: number;
  /** How many messages have come from the client so far. */
  messages: number;
};

/** Seconds from a ping to one of the WebSocket's own for those who have not answered. */
const doubtSeconds = pingSeconds / 2;

/** Try Again Later, as IANA has it registered: who may read cannot be found out now. */
const tryAgainLater = 1013;

/** Most bytes of a message of whoever is not admitted yet: as many as a header with a credential may have. */
const mostBeforeAdmitted = 16 * 1024;

/** What a close frame has room for (RFC 6455, 5.5); a reason may have an id of the client's in it. */
const maxReasonBytes = 123;

/**
 * Serves graphql-transport-ws on one socket. graphql-ws keeps the protocol, and Yoga's pipeline parses, validates and
 * executes; answers and what the fan-out tells are written past both of them, in frames that are made once.
 *
 * | closed with | when                                                                                          |
 * | ----------- | --------------------------------------------------------------------------------------------- |
 * | 4400        | a message that is none of the protocol's, has an id of more than 256 characters, or more than |
 * |             | 16 KiB before the connection is acknowledged                                                  |
 * | 4401        | an operation before the connection is acknowledged                                            |
 * | 4403        | the client may not read, or may not any longer                                                |
 * | 4406        | another protocol than graphql-transport-ws                                                    |
 * | 4408        | no `connection_init` within 3 s                                                               |
 * | 4409        | an id that an operation has already                                                           |
 * | 4429        | a second `connection_init`                                                                    |
 * | 4500        | a fault of ours                                                                               |
 * | 1008        | a message in more than 64 frames, or in tiny pieces                                           |
 * | 1009        | a message of more than 64 KiB                                                                 |
 * | 1012        | the gateway stops: come back after the last cursor                                            |
 * | 1013        | who may read cannot be found out now                                                          |
 * | cut         | no answer to a ping within 12 s, no room for 30 s, or none at all to hold what is not taken:  |
 * |             | come back after the last cursor                                                               |
 *
 * A ping carries `{ "cursor": …, "ids": […] }`: everything that these subscriptions tell up to the cursor has been sent, and
 * nothing that follows it. They are all subscriptions of the socket that can resume, but for any that the client has asked
 * for meanwhile. Where they stand apart, or where another message of the client's waits, it carries nothing. One is sent every
 * 12 s, during a replay as well, and one after each replay. Whoever has said nothing 6 s later is sent a ping of the
 * WebSocket's own as well: a client whose program leaves ours unanswered is still there. The time in which a slow one may
 * still be reading what came before a ping is no silence.
 */
export function serveOperations(options: OperationsOptions) {
  const { graphql, admit, heartbeat, now, rate, turnstile, clientOf, answerRoom, maxOperations, report } =
    options;
  // Of each socket one message waits, so that there are never more than sockets.
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
    /** Since the client was heard, or may have had something left to read. */
    let silentSeconds = 0;
    const mayBeReading = slowReader(socket);
    const isOpen = (): boolean => webSocket.readyState === webSocket.OPEN;

    function close(code: number, reason: string): void {
      webSocket.close(code, Buffer.byteLength(reason) > maxReasonBytes ? "" : reason);
    }

    const opened = protocol.opened(
      {
        protocol: webSocket.protocol,
        send: (message) =>
          new Promise((resolve) => {
            if (!isOpen()) return resolve();
            // A socket that fails closes as well, and that is listened to.
            webSocket.send(message, () => resolve());
            readOrWait(connection);
          }),
        close,
        onMessage(handle) {
          const inbox = createInbox({
            turnstile: messageTurnstile,
            client: connection.client,
            // What is no text is not parsed again.
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
            // What follows a close still comes.
            if (!isOpen()) return;
            silentSeconds = 0;
            connection.messages += 1;
            // Messages come as Buffers: nobody asked ws for anything else.
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
          // Not of everyone: it would double what those who are there, and answer, cost while nothing happens.
          if (silentSeconds > doubtSeconds) webSocket.ping();
      }
    });

    socket.on("drain", () => {
      stalledSeconds = 0;
      connection.unread.letGo();
      readOrWait(connection);
      // One that fills it again leaves the others where they are, to go on before it.
      for (const subscriber of connection.subscribers.values()) {
        if (socket.writableNeedDrain) break;
        subscriber.resume();
      }
    });
    webSocket.on("pong", () => {
      silentSeconds = 0;
    });
    webSocket.on("ping", () => readOrWait(connection));
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
        // graphql-ws would hold them as long as the connection lasts.
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
          // Nobody subscribes before the connection is acknowledged.
          const { viewer } = connection.admitted!;
          return await begin(graphql, viewer, client, {
            query,
            // As over HTTP, an empty one is none.
            operationName: operationName || null,
            variables: variables ?? {},
          });
        } finally {
          connection.executing -= 1;
        }
      },
      // What `begin` made comes back as it was.
      execute: (args) => (args as Begun).result,
      subscribe: (args) => (args as Begun).result,
      onOperation: ({ extra: connection }, id, _payload, args) => {
        const begun = args as Begun;
        return begun.operation === null
          ? answered(connection, id, begun.result, options)
          : served(connection, id, begun, options);
      },
      onError: (_context, _id, _payload, errors) => errors.map(formatted),
    };
  }
}

/** graphql-ws says no more of an operation that the client has completed. */
const toldToNobody = [errorOf("SERVICE_UNAVAILABLE", "The operation was completed before it began.")];

/** Whoever waits for an operation. A class, as that of an HTTP request is, so that its shape is that of all of them. */
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
    // Another operation is given this id only once this one has ended: see `createInbox`.
    return webSocket.readyState !== webSocket.OPEN || !(this.#id in operations);
  }
}

function cut({ socket }: Connection, { report }: Pick<OperationsOptions, "report">): void {
  report.slowConsumerCut("websocket");
  // What the system has taken and nobody reads is thrown away as well.
  socket.resetAndDestroy();
}

/** Reads no more from one who does not read, whose answers would pile up, nor while what was read waits for its turn. */
function readOrWait({ webSocket, socket, inbox }: Connection): void {
  if (socket.writableNeedDrain || inbox.isWaiting()) webSocket.pause();
  else webSocket.resume();
}

/**
 * Tells the answer of what is no subscription once it is asked for the first time, and yields nothing. Where there is no
 * room for the answer it fails, and graphql-ws says so in an `error`.
 */
function answered(
  connection: Connection,
  id: string,
  result: ExecutionResult,
  options: OperationsOptions,
): AsyncIterable<never, void, void> {
  const { webSocket, socket, request } = connection;
  const giveWay = (): void => cut(connection, options);

  function answer(): void {
    if (webSocket.readyState !== webSocket.OPEN) return;
    const message = `${startOfNext(id)}${inBytes(serialised(result))}}`;
    const release = options.answerRoom.add(message.length, socket.writableLength, request, giveWay);
    if (release === null) throw errorOf("SERVICE_UNAVAILABLE", noRoomToAnswer);
    // Past ws, as in `served`. What is not sent because the socket fails has `release` called as well.
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
 * Has a subscription told, and yields nothing: it ends when the subscription has. graphql-ws returns it when the client
 * completes the operation, or is gone.
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
    // Past ws, which writes whole frames too: nothing of ours can come into the middle of one.
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
        // All sockets are closed when the gateway stops, which tells more than the end of an operation.
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
 * Sends a ping on the next turn of the event loop. It carries the cursor only if no message came in that turn: a message may
 * begin a subscription further back. While messages wait, one comes in each turn, or waits for its own.
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
