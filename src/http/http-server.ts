import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerOptions,
  type ServerResponse,
} from "node:http";
import type { Duplex } from "node:stream";
import { valuesOf } from "../sentry/headers.ts";
import { endWithProblem, sendProblem, type Problem } from "./problem.ts";
import type { Sockets } from "./sockets.ts";

/** What every server of the gateway is opened with. */
export const serverOptions = {
  headersTimeout: 10_000,
  /** For the whole request. Says nothing about how long a response may take. */
  requestTimeout: 15_000,
  /** How often the two above are looked at; node's own 30 s would make them mean little. */
  connectionsCheckingInterval: 1_000,
  /** Longer than proxies keep theirs (60 s), so that it is them who close: what is sent into a closing one is lost. */
  keepAliveTimeout: 75_000,
  maxHeaderSize: 16 * 1024,
  /** Lenient parsing is what request smuggling lives on. */
  insecureHTTPParser: false,
  /** `serve` asks for it, because node's own answer to a request without one says nothing. */
  requireHostHeader: false,
} as const satisfies ServerOptions;

export type HttpServerOptions = {
  /**
   * Serves one request, `Expect: 100-continue` or not. Whoever reads a body reads it through `requestBody`, which sends
   * the 100; whoever answers without does not have the body sent at all.
   */
  readonly handler: (request: IncomingMessage, response: ServerResponse) => void | Promise<void>;
  /** The handler threw or rejected. The client has got a 500, or the end of the connection. */
  readonly failed: (error: unknown) => void;
  /** This request did not arrive in time and was answered 408. */
  readonly timedOut?: (request: IncomingMessage) => void;
  /** The requests that become WebSockets. */
  readonly sockets?: Pick<Sockets, "takes" | "open">;
  /** In place of some of `serverOptions`. */
  readonly options?: ServerOptions;
  /** How long a client may take nothing of an answer, or twice as long: subscribers have less, and are counted. */
  readonly stallMs?: number;
};

/**
 * A server that is not listening yet. What node's parser refuses gets problem details as well, and no input makes it
 * throw.
 */
export function createHttpServer({
  handler,
  failed,
  timedOut,
  sockets,
  options,
  stallMs = 40_000,
}: HttpServerOptions): Server {
  /** The newest response on each connection; null once it is sent, so that nobody keeps it. */
  const newest = new WeakMap<Duplex, ServerResponse | null>();
  const isAnswering = (socket: Duplex): boolean => {
    const response = newest.get(socket);
    return response != null && isPending(response);
  };

  /** Never rejects. */
  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    newest.set(request.socket, response);
    try {
      if (hasOneHost(request)) await handler(withoutHost(request), response);
      else sendProblem(response, { status: 400, code: "BAD_REQUEST", headers: ending });
    } catch (error) {
      failed(error);
      if (response.headersSent) response.destroy();
      else sendProblem(response, { status: 500, code: "INTERNAL_SERVER_ERROR", headers: ending });
    }
    if (!isPending(response) && newest.get(request.socket) === response) newest.set(request.socket, null);
  }

  function refuseUnparsed(error: NodeJS.ErrnoException, socket: Duplex): void {
    const response = newest.get(socket);
    const isLate = error.code === "ERR_HTTP_REQUEST_TIMEOUT";
    if (isLate && response != null && !response.req.complete && !response.writableEnded)
      timedOut?.(response.req);
    // Bytes in the middle of another answer, or in its place, would be taken for that one.
    const isTaken =
      response != null &&
      isPending(response) &&
      (response.headersSent || response.req.complete || response.socket === null);
    endWithProblem(socket, isTaken ? null : problemOf(error));
  }

  /** Nothing came or went for a while: between requests, that is `keepAliveTimeout`. */
  function endIdle(socket: Duplex): void {
    if (!isAnswering(socket) || socket.writableLength > 0) socket.destroy();
  }

  // What asks to become anything else, or to become one elsewhere, is served as an ordinary request.
  const shouldUpgradeCallback = (request: IncomingMessage): boolean =>
    sockets !== undefined && sockets.takes(request) && hasOneHost(request);
  return (
    createServer({ ...serverOptions, shouldUpgradeCallback, ...options })
      .setTimeout(stallMs, endIdle)
      // Behind a request that is not answered yet, what they are told would be taken for its answer.
      .on("upgrade", (request, socket, head) =>
        isAnswering(socket) ? endWithProblem(socket, null) : sockets?.open(request, socket, head),
      )
      .on("connect", (_request, socket) => endWithProblem(socket, isAnswering(socket) ? null : noTunnel))
      .on("request", (request, response) => void serve(request, response))
      .on("checkContinue", (request, response) => {
        // Answered without its body, the client may send that all the same, or another request; nobody can tell which.
        response.shouldKeepAlive = false;
        void serve(request, response);
      })
      .on("checkExpectation", (_request, response) => {
        sendProblem(response, { status: 417, code: "BAD_REQUEST", headers: ending });
      })
      .on("clientError", refuseUnparsed)
  );
}

const ending = { Connection: "close" };
const noTunnel: Problem = { status: 405, code: "METHOD_NOT_ALLOWED", headers: { Allow: "" } };

/** False once all of it is sent. Of requests in one piece, one may have its answer whole, and wait for those before it. */
function isPending(response: ServerResponse): boolean {
  return !response.writableEnded || (response.socket === null && !response.writableFinished);
}

/**
 * As RFC 9112 asks of every request of HTTP/1.1, which may name it in its target as well. Of two, who reads it before us may
 * have taken the other.
 */
function hasOneHost({ httpVersion, headers: { host }, rawHeaders, url = "/" }: IncomingMessage): boolean {
  if (host === undefined) return httpVersion !== "1.1";
  const [, inTarget = host] = hostInTarget.exec(url) ?? [];
  return valuesOf(rawHeaders, "host").length === 1 && inTarget.toLowerCase() === host.toLowerCase();
}

/** The request, with no more in its target than the path and what follows that. */
function withoutHost(request: IncomingMessage): IncomingMessage {
  const { url = "/" } = request;
  if (!url.startsWith("/")) request.url = url.replace(hostInTarget, "").replace(/^(?!\/|\*$)/, "/");
  return request;
}

const hostInTarget = /^https?:\/\/([^/?#]*)/i;

function problemOf({ code }: NodeJS.ErrnoException): Problem {
  switch (code) {
    case "ERR_HTTP_REQUEST_TIMEOUT":
      return { status: 408, code: "REQUEST_TIMEOUT" };
    case "HPE_HEADER_OVERFLOW":
      return { status: 431, code: "BAD_REQUEST" };
    case "HPE_CHUNK_EXTENSIONS_OVERFLOW":
      return { status: 413, code: "PAYLOAD_TOO_LARGE" };
    default:
      return { status: 400, code: "BAD_REQUEST" };
  }
}
