import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerOptions,
  type ServerResponse,
} from "node:http";
import type { Duplex } from "node:stream";
import { valuesOf } from "../sentry/headers.ts";
import { createPipelined } from "./pipelined.ts";
import { ending, endWithProblem, sendProblem, type Problem } from "./problem.ts";
import type { Sockets } from "./websocket/sockets.ts";

/** The options of every HTTP server of the gateway. */
export const serverOptions = {
  headersTimeout: 10_000,
  /** For receiving the whole request. A response may take any time. */
  requestTimeout: 15_000,
  /** How often the two timeouts above are checked. With Node's default of 30 s they would mean little. */
  connectionsCheckingInterval: 1_000,
  /** Longer than that of proxies (60 s), so that they close first: a request sent into a closing connection is lost. */
  keepAliveTimeout: 75_000,
  maxHeaderSize: 16 * 1024,
  /** Lenient parsing makes request smuggling possible. */
  insecureHTTPParser: false,
  /** `serve` requires the header instead, because Node's own answer does not say what is wrong. */
  requireHostHeader: false,
} as const satisfies ServerOptions;

export type HttpServerOptions = {
  /**
   * Serves one request, with or without `Expect: 100-continue`. Called once all earlier answers on the connection are
   * sent. It must read a body through `requestBody`, which sends the 100. If it answers without, a client that waits
   * for the 100 does not send the body.
   */
  readonly handler: (request: IncomingMessage, response: ServerResponse) => void | Promise<void>;
  /** Called if the handler threw or rejected. The client gets a 500; if the answer has begun, its connection is cut. */
  readonly failed: (error: unknown) => void;
  /** Called if a request did not arrive in time. It is answered 408, unless its answer has begun. */
  readonly timedOut?: (request: IncomingMessage) => void;
  /** Takes the requests that become WebSockets. */
  readonly sockets?: Pick<Sockets, "takes" | "open">;
  /** Overrides of `serverOptions`. */
  readonly options?: ServerOptions;
  /**
   * How long a client may read nothing of an answer before its connection is destroyed; up to twice as long in
   * practice. Subscribers have less time, and are counted.
   */
  readonly stallMs?: number;
};

/**
 * Creates a server that is not listening yet. Requests that Node's parser refuses get problem details as well, and no
 * input makes it throw.
 */
export function createHttpServer({
  handler,
  failed,
  timedOut,
  sockets,
  options,
  stallMs = 40_000,
}: HttpServerOptions): Server {
  /** The newest response on each connection; null once it is sent, so that nothing holds it. */
  const newest = new WeakMap<Duplex, ServerResponse | null>();
  /** The responses that end their connections, since what followed the request cannot be read. */
  const endingAfter = new WeakSet<ServerResponse>();
  const { comesToItsTurn } = createPipelined();
  const isAnswering = (socket: Duplex): boolean => {
    const response = newest.get(socket);
    return response != null && !response.writableEnded;
  };

  /** Never rejects. */
  async function serve(
    request: IncomingMessage,
    response: ServerResponse,
    refusal: Problem | null = null,
  ): Promise<void> {
    newest.set(request.socket, response);
    // If a request asks for an upgrade, Node discards what follows in the same chunk. So the connection ends here.
    if (request.headers.upgrade !== undefined) response.shouldKeepAlive = false;
    if (response.socket === null) {
      if (hasTooManyHeaders(request)) request.socket.destroy();
      if (!(await comesToItsTurn(request, response))) return;
    }
    try {
      const refused = refusal ?? refusalOf(request);
      if (refused === null) await handler(withoutHost(request), response);
      else sendProblem(response, refused);
    } catch (error) {
      failed(error);
      if (response.headersSent) response.destroy();
      else sendProblem(response, fault);
    }
    if (response.writableEnded && newest.get(request.socket) === response) newest.set(request.socket, null);
  }

  function refuseUnparsed(error: NodeJS.ErrnoException, socket: Duplex): void {
    const response = newest.get(socket);
    const isLate = error.code === "ERR_HTTP_REQUEST_TIMEOUT";
    if (isLate && response != null && !response.req.complete && !response.writableEnded)
      timedOut?.(response.req);
    if (response == null || response.writableEnded) endWithProblem(socket, problemOf(error));
    else if (response.req.complete) endAfter(response, socket);
    // Bytes sent before or in the middle of another answer would be taken for a part of it.
    else endWithProblem(socket, response.headersSent || response.socket === null ? null : problemOf(error));
  }

  /** Ends a connection once its newest response is sent, and reads nothing that follows. */
  function endAfter(response: ServerResponse, socket: Duplex): void {
    socket.pause();
    if (endingAfter.has(response)) return;
    endingAfter.add(response);
    response.shouldKeepAlive = false;
    response.once("finish", () => endWithProblem(socket, null));
  }

  /** Nothing was received or sent for `stallMs` or, between requests, for `keepAliveTimeout`. */
  function endIdle(socket: Duplex): void {
    if (!isAnswering(socket) || socket.writableLength > 0) socket.destroy();
  }

  // A request for any other upgrade, or on another path, is served as an ordinary request.
  const shouldUpgradeCallback = (request: IncomingMessage): boolean =>
    sockets !== undefined && sockets.takes(request) && refusalOf(request) === null;
  return (
    createServer({ ...serverOptions, shouldUpgradeCallback, ...options })
      .setTimeout(stallMs, endIdle)
      // While an earlier request is unanswered, this answer would be taken for the answer to that one.
      .on("upgrade", (request, socket, head) =>
        isAnswering(socket) ? endWithProblem(socket, null) : sockets?.open(request, socket, head),
      )
      .on("connect", (_request, socket) => endWithProblem(socket, isAnswering(socket) ? null : noTunnel))
      .on("request", (request, response) => void serve(request, response))
      .on("checkContinue", (request, response) => {
        // If answered without its body, the client may send that anyway, or its next request: no one can tell which.
        response.shouldKeepAlive = false;
        void serve(request, response);
      })
      .on("checkExpectation", (request, response) => void serve(request, response, notExpected))
      .on("clientError", refuseUnparsed)
  );
}

/**
 * Most headers of a request. Node leaves those after the thousandth out of `headers`, though one of them may be a
 * proxy's; and what is still to be answered holds its headers, each of which takes more memory than its bytes.
 */
const mostHeaders = 100;

const noTunnel: Problem = {
  status: 405,
  code: "METHOD_NOT_ALLOWED",
  detail: "This server is not a proxy.",
  headers: { Allow: "" },
};
const notOneHost: Problem = {
  status: 400,
  code: "BAD_REQUEST",
  detail: "The request must name exactly one valid host, in one Host header.",
  headers: ending,
};
const tooManyHeaders: Problem = {
  status: 431,
  code: "BAD_REQUEST",
  detail: `The request has more than ${mostHeaders} headers.`,
  headers: ending,
};
const notExpected: Problem = {
  status: 417,
  code: "BAD_REQUEST",
  detail: "Only Expect: 100-continue is supported.",
  headers: ending,
};
const fault: Problem = {
  status: 500,
  code: "INTERNAL_SERVER_ERROR",
  detail: "Internal error. The gateway's log says more.",
  headers: ending,
};

/** Why a request is refused, whatever it asks for; null if it is not. */
function refusalOf(request: IncomingMessage): Problem | null {
  if (hasTooManyHeaders(request)) return tooManyHeaders;
  return hasOneHost(request) ? null : notOneHost;
}

function hasTooManyHeaders({ rawHeaders }: IncomingMessage): boolean {
  return rawHeaders.length > 2 * mostHeaders;
}

/**
 * True if a request names its host once, as RFC 9112 requires of HTTP/1.1; its target may name the same one again. Of
 * two hosts, a proxy in front may have used the other. An empty one is legal.
 */
function hasOneHost({ httpVersion, headers: { host }, rawHeaders, url = "/" }: IncomingMessage): boolean {
  if (host === undefined) return httpVersion !== "1.1";
  const [, inTarget = host] = hostInTarget.exec(url) ?? [];
  return (
    valuesOf(rawHeaders, "host").length === 1 &&
    inTarget.toLowerCase() === host.toLowerCase() &&
    (host === "" || URL.canParse(`http://${host}`))
  );
}

/** The request, with the scheme and host removed from its target. */
function withoutHost(request: IncomingMessage): IncomingMessage {
  const { url = "/" } = request;
  if (!url.startsWith("/")) request.url = url.replace(hostInTarget, "").replace(/^(?!\/|\*$)/, "/");
  return request;
}

const hostInTarget = /^https?:\/\/([^/?#]*)/i;

function problemOf({ code }: NodeJS.ErrnoException): Problem {
  switch (code) {
    case "ERR_HTTP_REQUEST_TIMEOUT":
      return {
        status: 408,
        code: "REQUEST_TIMEOUT",
        detail: "The request did not arrive completely in time.",
      };
    case "HPE_HEADER_OVERFLOW":
      return { status: 431, code: "BAD_REQUEST", detail: "The URL and the headers are larger than 16 KiB." };
    case "HPE_CHUNK_EXTENSIONS_OVERFLOW":
      return { status: 413, code: "PAYLOAD_TOO_LARGE", detail: "The extensions of a chunk are too large." };
    default:
      return { status: 400, code: "BAD_REQUEST", detail: "The request is not valid HTTP/1.1." };
  }
}
