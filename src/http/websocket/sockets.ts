import { CloseCode, GRAPHQL_TRANSPORT_WS_PROTOCOL } from "graphql-ws";
import type { IncomingMessage } from "node:http";
import { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { WebSocketServer } from "ws";
import { graphqlPath } from "../../graphql/yoga.ts";
import { serveOperations, type OperationsOptions } from "./operations.ts";
import { isOriginAllowed } from "../access/origin.ts";
import { endWithProblem, type Problem } from "../problem.ts";
import "./receiver.ts";
import { tooMany } from "../graphql-error.ts";

export type SocketsOptions = OperationsOptions & {
  /** The origins whose pages may connect, besides our own. */
  readonly origins: readonly string[];
  readonly maxSocketsPerClient: number;
};

/** The WebSockets of this gateway. Disposing closes them with a code that tells clients to reconnect. */
export type Sockets = AsyncDisposable & {
  /** True if a request asks to become a WebSocket on /graphql. Any other is served as if it asked for no upgrade. */
  readonly takes: (request: IncomingMessage) => boolean;
  /** Makes a request a WebSocket, or answers why not. */
  readonly open: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
};

/**
 * Without our protocol a client gets one that it asked for: it would take no answer without one, and not learn from the
 * close with 4406 that follows what was wrong.
 */
function handleProtocols(asked: ReadonlySet<string>): string {
  return asked.has(GRAPHQL_TRANSPORT_WS_PROTOCOL) ? GRAPHQL_TRANSPORT_WS_PROTOCOL : [...asked][0]!;
}

/**
 * The most bytes of a client's message, less than of a request's body: each socket may hold a part of one before its
 * client is known, and a client may have a thousand sockets.
 */
const maxMessageBytes = 65_536;

/** How long a client may take to answer a close. What it sent is held until then. */
const closingMs = 2_000;

const serviceRestart = 1012;

const noHandshake: Problem = {
  status: 400,
  code: "BAD_REQUEST",
  detail: "This is not a WebSocket handshake of version 13.",
  headers: { "Sec-WebSocket-Version": "13" },
};

const stopping: Problem = {
  status: 503,
  code: "SERVICE_UNAVAILABLE",
  detail: "The gateway is stopping: connect again.",
};

/**
 * Makes WebSockets of requests.
 *
 * | answer to the upgrade | when                                                                     |
 * | --------------------- | ------------------------------------------------------------------------ |
 * | 400                   | it is not a WebSocket handshake, or one of another version               |
 * | 403                   | it comes from a page of another origin                                   |
 * | 429                   | the client asks for more than it may in a minute                         |
 * | 503                   | the client has as many sockets as it may, or the gateway stops           |
 *
 * Credentials are asked for with `connection_init`: browsers cannot send them in a header of the upgrade.
 */
export function createSockets(options: SocketsOptions): Sockets {
  const { origins, clientOf, maxSocketsPerClient, rate, report } = options;
  const open = new Map<string, number>();
  const serve = serveOperations(options);
  let isStopping = false;
  // In a variable, because the types of ws lack some of these.
  const serverOptions = {
    noServer: true,
    maxPayload: maxMessageBytes,
    // Each frame of an incomplete message, and each piece of a frame, costs up to 300 bytes of memory besides.
    maxFragments: 64,
    // The largest message fits if each packet brings 256 bytes of it, for which every network has room.
    maxBufferedChunks: 256,
    closeTimeout: closingMs,
    // Answered in turns, as messages are.
    autoPong: false,
    // A few compressed bytes can expand to any size.
    perMessageDeflate: false,
    // One message in each turn of the event loop. Otherwise all that a client sends at once would be handled in one.
    allowSynchronousEvents: false,
    handleProtocols,
  };
  const server = new WebSocketServer(serverOptions);

  server.on("wsClientError", (_error, socket) => endWithProblem(socket, noHandshake));

  function refusal(request: IncomingMessage, client: string): Problem | null {
    const waitSeconds = rate(request);
    if (waitSeconds > 0)
      return {
        status: 429,
        code: "RATE_LIMITED",
        detail: tooMany(waitSeconds),
        headers: { "Retry-After": waitSeconds },
      };
    if (!isOriginAllowed(request, origins))
      return {
        status: 403,
        code: "FORBIDDEN",
        detail: "CORS_ORIGINS does not name the origin of this page.",
      };
    if (isStopping) return stopping;
    if ((open.get(client) ?? 0) < maxSocketsPerClient) return null;
    const detail = `At most ${maxSocketsPerClient} WebSockets at once from one address: close one first.`;
    return { status: 503, code: "OVERLOADED", detail };
  }

  return {
    takes: ({ method, headers, url = "/" }) =>
      method === "GET" &&
      headers.upgrade?.toLowerCase() === "websocket" &&
      url.split("?", 1)[0] === graphqlPath,
    open(request, socket, head) {
      socket.on("error", () => {});
      const client = clientOf(request);
      const refused = refusal(request, client);
      // A server without TLS has no other kind of socket.
      if (refused !== null || !(socket instanceof Socket)) {
        endWithProblem(socket, refused ?? stopping);
        return;
      }
      open.set(client, (open.get(client) ?? 0) + 1);
      socket.once("close", () => {
        const left = open.get(client)! - 1;
        if (left === 0) open.delete(client);
        else open.set(client, left);
      });
      server.handleUpgrade(request, socket, head, (webSocket) => {
        try {
          serve(webSocket, socket, request);
        } catch (error) {
          report.requestFailed(error);
          webSocket.close(CloseCode.InternalServerError);
        }
      });
    },
    async [Symbol.asyncDispose]() {
      isStopping = true;
      const closing = [...server.clients].map(
        (client) => new Promise<void>((resolve) => client.once("close", () => resolve())),
      );
      for (const client of server.clients) client.close(serviceRestart, "Service Restart");
      const late = setTimeout(() => {
        for (const client of server.clients) client.terminate();
      }, closingMs);
      await Promise.all(closing);
      clearTimeout(late);
    },
  };
}
