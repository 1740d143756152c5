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
   * Serves one request, `Expect: 100-continue` or not. It is called once the answers ahead of it on the connection are
   * sent. Whoever reads a body reads it through `requestBody`, which sends the 100; whoever answers without does not have
   * the body sent at all.
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
  /** How many requests of a connection wait for their turn. */
  const waiting = new WeakMap<Duplex, number>();
  const isAnswering = (socket: Duplex): boolean => {
    const response = newest.get(socket);
    return response != null && !response.writableEnded;
  };

  /**
   * Waits until everything ahead of a request on its connection is answered and sent. Otherwise the answers to all pipelined
   * requests would be in memory at once, however slowly the client reads. Meanwhile nothing more is read from the connection,
   * so a client that has left is noticed only at the next write. False if the request is not to be served.
   */
  async function comesToItsTurn({ socket }: IncomingMessage, response: ServerResponse): Promise<boolean> {
    const before = waiting.get(socket) ?? 0;
    if (before >= mostWaiting) socket.destroy();
    if (socket.destroyed) return false;
    const stopReading = (): void => {
      if (waiting.get(socket) === 0) return;
      socket.pause();
      // What Node's server listens to. A socket that was paused before it was resumed would not say so again.
      socket.emit("pause");
    };
    // Node reads on by itself, where it has the whole of a request or is asked for a body.
    if (!waiting.has(socket)) socket.on("resume", stopReading);
    waiting.set(socket, before + 1);
    stopReading();
    // Never, where the connection ends before: nothing holds what waits then.
    await new Promise((resolve) => response.once("socket", resolve));
    const left = waiting.get(socket)! - 1;
    waiting.set(socket, left);
    if (left === 0) socket.resume();
    return !socket.destroyed;
  }

  /** Never rejects. */
  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    newest.set(request.socket, response);
    // Node throws away what follows in the same piece on one that asks to become something else: it says that it ends here.
    if (request.headers.upgrade !== undefined) response.shouldKeepAlive = false;
    if (response.socket === null && !(await comesToItsTurn(request, response))) return;
    try {
      if (hasOneHost(request)) await handler(withoutHost(request), response);
      else sendProblem(response, { status: 400, code: "BAD_REQUEST", headers: ending });
    } catch (error) {
      failed(error);
      if (response.headersSent) response.destroy();
      else sendProblem(response, { status: 500, code: "INTERNAL_SERVER_ERROR", headers: ending });
    }
    if (response.writableEnded && newest.get(request.socket) === response) newest.set(request.socket, null);
  }

  function refuseUnparsed(error: NodeJS.ErrnoException, socket: Duplex): void {
    const response = newest.get(socket);
    const isLate = error.code === "ERR_HTTP_REQUEST_TIMEOUT";
    if (isLate && response != null && !response.req.complete && !response.writableEnded)
      timedOut?.(response.req);
    // Bytes in the middle of another answer, or in its place, would be taken for that one.
    const isTaken =
      response != null &&
      !response.writableEnded &&
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

/**
 * Most requests that may wait on one connection for those ahead of them; a client that sends more is cut. No known client
 * does. A request of thirty bytes takes three thousand bytes of memory.
 */
const mostWaiting = 100;

const ending = { Connection: "close" };
const noTunnel: Problem = { status: 405, code: "METHOD_NOT_ALLOWED", headers: { Allow: "" } };

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
