import { CloseCode, makeServer, type ServerOptions } from "graphql-ws";
import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { WebSocket } from "ws";
import { errorOf } from "../../graphql/errors.ts";
import { isPersisted, persistedQuery } from "../../graphql/params.ts";
import { formatted } from "../../graphql/serialised.ts";
import type { GraphQL } from "../../graphql/yoga.ts";
import type { Report } from "../../observability/report.ts";
import { mayStillRead, type Admit } from "../access/admit.ts";
import { tooMany, tooManyWait } from "../graphql-error.ts";
import type { AnswerRoom } from "../limits/answer-room.ts";
import type { RequestRate } from "../limits/request-rate.ts";
import { slowReader } from "../limits/slow-reader.ts";
import { createTurnstile, type Turnstile } from "../limits/turnstile.ts";
import { createUnread } from "../limits/unread.ts";
import { pingSeconds, stallSeconds, type Heartbeat } from "../live/heartbeat.ts";
import type { Live } from "../live/live.ts";
import { begin, type Begun } from "./begun.ts";
import { cut, pingWithCursor, readOrWait, type Connection } from "./connection.ts";
import type { CountedPayload } from "./client-message.ts";
import { createInbox } from "./inbox.ts";
import { liveResults } from "./live-results.ts";
import { OperationClient } from "./operation-client.ts";
import { singleResult } from "./single-result.ts";

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
 * and `GraphQL.operationOf` parses, validates and executes. Answers and live results bypass both: they are written to the
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
      onSubscribe: async ({ extra: connection }, id, payload) => {
        const { query, operationName, variables, extensions, characters } = payload as CountedPayload;
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
          if (!(await turnstile.enter(connection.client, characters)))
            return [errorOf("SERVICE_UNAVAILABLE", tooManyWait)];
          if (client.aborted) return toldToNobody;
          // No operation begins before the connection is acknowledged.
          const { viewer } = connection.admitted!;
          return await begin(graphql, viewer, client, {
            query,
            // As over HTTP, an empty name counts as none.
            ...(operationName ? { operationName } : {}),
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
          ? singleResult(connection, id, begun, options)
          : liveResults(connection, id, begun, options);
      },
      onError: (_context, _id, _payload, errors) => errors.map(formatted),
    };
  }
}

/** Never sent: graphql-ws sends nothing for an operation that the client has completed. */
const toldToNobody = [errorOf("SERVICE_UNAVAILABLE", "The operation was completed before it began.")];
