import type { Plugin } from "graphql-yoga";
import type { Asking } from "../context.ts";
import { errorOf } from "../errors.ts";

/** `no-transform` and nginx's own header keep proxies from holding events back, to compress or to collect them. */
export const eventStreamHeaders = {
  "Content-Type": "text/event-stream",
  "Cache-Control": "no-cache, no-transform",
  "X-Accel-Buffering": "no",
} as const;

/**
 * Refuses a subscription whose client does not accept an event stream, before it is begun: Yoga refuses only its answer.
 * What is answered as an event stream gets the headers that one needs.
 */
export function useEventStreams(): Plugin<Asking> {
  return {
    onSubscribe({ args, setResultAndStopExecution }) {
      // A WebSocket has no request of its own for each operation.
      const { request, take } = args.contextValue as Asking & { readonly request?: Request };
      if (take !== null && (request === undefined || acceptsEventStream(request.headers.get("accept"))))
        return;
      const error = errorOf("BAD_REQUEST", "A subscription is answered as text/event-stream: accept that.", {
        http: { status: 406 },
      });
      setResultAndStopExecution({ errors: [error] });
    },
    onResponse({ response: { headers } }) {
      // Whether the connection is kept is for the client to ask for, and for a server that stops to refuse.
      headers.delete("connection");
      // Yoga's multipart answers say that they come in chunks; they are sent whole, and with their length.
      headers.delete("transfer-encoding");
      if (headers.get("content-type") !== "text/event-stream") return;
      for (const [name, value] of Object.entries(eventStreamHeaders)) headers.set(name, value);
      // Yoga's "none" is no coding that HTTP knows.
      headers.delete("content-encoding");
    },
  };
}

function acceptsEventStream(accept: string | null): boolean {
  const ranges = (accept ?? "*/*").split(",").map((range) => range.split(";")[0]!.trim().toLowerCase());
  return ranges.some((range) => ["text/event-stream", "text/*", "*/*"].includes(range));
}
