import { randomUUID } from "node:crypto";
import { STATUS_CODES, type IncomingMessage, type OutgoingHttpHeaders, type ServerResponse } from "node:http";
import { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { declaredLength } from "./body.ts";

/** Why a request was not served. It repeats nothing of the request. */
export type Problem = {
  readonly status: number;
  /** From the documented list of codes. */
  readonly code: string;
  /** What is wrong and what to do, for people. */
  readonly detail: string;
  readonly headers?: OutgoingHttpHeaders;
};

/** The headers of an answer after which the connection is closed. */
export const ending = { Connection: "close" } as const;

/**
 * Answers with problem details (RFC 9457). Their `requestId` is random, new for each answer.
 *
 * Closes the connection if the request is incomplete and its body may be larger than 64 KiB: the rest would have to be
 * read and discarded before the next request.
 */
export function sendProblem(response: ServerResponse, problem: Problem): void {
  const { status, headers } = problem;
  const body = problemBody(problem);
  response.writeHead(status, {
    "Content-Type": "application/problem+json",
    "Content-Length": Buffer.byteLength(body),
    ...(hasMuchLeft(response.req) ? ending : {}),
    ...headers,
  });
  response.end(body);
}

/** How long a client may take to read the answer before its connection is destroyed. Shorter than stopping may take. */
const endingMs = 5_000;

/**
 * As `sendProblem`, for a request without a response, and closes the connection; sends nothing if `problem` is null.
 * Whatever follows the request is discarded: unread, it would hold the socket forever. So would a client that reads
 * nothing, since Node lets go of a connection after an upgrade request.
 */
export function endWithProblem(socket: Duplex, problem: Problem | null): void {
  // Handled on `close`, which follows. There may be no other listener any more.
  socket.on("error", () => {});
  if (problem !== null && socket.writable) socket.write(problemMessage(problem));
  if (!(socket instanceof Socket)) return void socket.destroy();
  socket.destroySoon();
  const late = setTimeout(() => socket.destroy(), endingMs);
  late.unref();
  socket.once("close", () => clearTimeout(late));
}

function problemMessage(problem: Problem): string {
  const { status, headers = {} } = problem;
  const body = problemBody(problem);
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

function problemBody({ status, code, detail }: Problem): string {
  return JSON.stringify({
    type: "about:blank",
    title: STATUS_CODES[status],
    status,
    code,
    detail,
    requestId: randomUUID(),
  });
}
