import type { IncomingMessage, ServerResponse } from "node:http";
import { createBodyRoom, requestBody } from "./body.ts";
import { sendGraphQLError } from "./graphql-error.ts";
import { ending } from "./problem.ts";

/**
 * Reads the text that a request posts to /graphql. Null if it cannot be read: then the request has been answered, or
 * its client is gone. Dispose the text once the request is answered: until then it counts as held.
 */
export type PostedText = (
  request: IncomingMessage,
  response: ServerResponse,
) => Promise<(Disposable & { readonly text: string }) | null>;

const utf8 = new TextDecoder("utf-8", { fatal: true });

/** @param maxBytes of one body. All bodies together may take sixteen times as much, small ones not counted. */
export function createPostedText(maxBytes: number): PostedText {
  const room = createBodyRoom(16 * maxBytes);
  return async (request, response) => {
    const body = await requestBody(request, response, { maxBytes, room });
    switch (body.is) {
      case "read":
        try {
          return { text: utf8.decode(body.bytes), [Symbol.dispose]: body[Symbol.dispose] };
        } catch {
          body[Symbol.dispose]();
          sendGraphQLError(response, {
            status: 400,
            code: "BAD_REQUEST",
            message: "The request's body is not UTF-8.",
          });
          return null;
        }
      case "gone":
        return null;
      case "too large":
        sendGraphQLError(response, {
          status: 413,
          code: "PAYLOAD_TOO_LARGE",
          message: `The request's body is larger than ${maxBytes} bytes.`,
          headers: ending,
        });
        return null;
      case "no room":
        sendGraphQLError(response, {
          status: 503,
          code: "SERVICE_UNAVAILABLE",
          message: "Too many requests are being read: try again.",
          headers: { "Retry-After": 1, ...ending },
        });
        return null;
    }
  };
}
