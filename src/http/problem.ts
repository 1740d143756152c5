import { randomUUID } from "node:crypto";
import { STATUS_CODES, type IncomingMessage, type OutgoingHttpHeaders, type ServerResponse } from "node:http";
import { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { declaredLength } from "./body.ts";

/** Why a request was not served. Nothing of the request is repeated in it. */
export type Problem = {
  readonly status: number;
  /** From the documented list of codes. */
  readonly code: string;
  readonly headers?: OutgoingHttpHeaders;
};

/**
 * Answers with RFC 9457's problem details. `requestId` in it is ours, made up for this answer.
 *
 * Ends the connection where more than a little of the request would have to be read, only to be thrown away, before
 * another could come.
 */
export function sendProblem(response: ServerResponse, { status, code, headers }: Problem): void {
  const body = problemBody(status, code);
  response.writeHead(status, {
    "Content-Type": "application/problem+json",
    "Content-Length": Buffer.byteLength(body),
    ...(hasMuchLeft(response.req) ? { Connection: "close" } : {}),
    ...headers,
  });
  response.end(body);
}

/** How long a client may take to read what it was sent before its connection is ended here: less than stopping may take. */
const endingMs = 5_000;

/**
 * The same for a request that has no response, or no answer at all for null, and the end of the connection. Whatever comes
 * behind the request is thrown away: unread, it would hold the socket for ever. So would a client that reads nothing, of
 * which Node has let go once its request was an upgrade.
 */
export function endWithProblem(socket: Duplex, problem: Problem | null): void {
  // What `close` follows; nobody else may be listening any more.
  socket.on("error", () => {});
  if (problem !== null && socket.writable) socket.write(problemMessage(problem));
  if (!(socket instanceof Socket)) return void socket.destroy();
  socket.destroySoon();
  const late = setTimeout(() => socket.destroy(), endingMs);
  late.unref();
  socket.once("close", () => clearTimeout(late));
}

function problemMessage({ status, code, headers = {} }: Problem): string {
  const body = problemBody(status, code);
  return [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${String(value)}`),
    "Connection: close",
    "Content-Type: application/problem+json",
    `Content-Length: ${Buffer.byteLength(body)}`,
    "",
    body,
  ].join("\r\n");
}

function hasMuchLeft(request: IncomingMessage): boolean {
  return !request.complete && (declaredLength(request) ?? Infinity) > 64 * 1024;
}

function problemBody(status: number, code: string): string {
  return JSON.stringify({
    type: "about:blank",
    title: STATUS_CODES[status],
    status,
    code,
    requestId: randomUUID(),
  });
}
