import type { Plugin, YogaInitialContext } from "graphql-yoga";
import { errorOf } from "../errors.ts";

/** `no-transform` and nginx's own header keep proxies from holding events back to compress or collect them. */
export const eventStreamHeaders = {
  "Content-Type": "text/event-stream",
  "Cache-Control": "no-cache, no-transform",
  "X-Accel-Buffering": "no",
} as const;

/**
 * Refuses a subscription whose client does not accept an event stream, before it begins: Yoga would refuse only its
 * answer. Sets the headers that answers with event streams need.
 */
export function useEventStreams(): Plugin {
  return {
    onSubscribe({ args, setResultAndStopExecution }) {
      const { request } = args.contextValue as YogaInitialContext;
      if (acceptsEventStream(request.headers.get("accept"))) return;
      const error = errorOf(
        "BAD_REQUEST",
        "Subscriptions are sent as text/event-stream: include it in the Accept header.",
        {
          http: { status: 406 },
        },
      );
      setResultAndStopExecution({ errors: [error] });
    },
    onResponse({ response: { headers } }) {
      // The client and a server that is stopping decide whether the connection is kept.
      headers.delete("connection");
      // Yoga's multipart answers claim to be chunked; they are sent whole, with their length.
      headers.delete("transfer-encoding");
      if (headers.get("content-type") !== "text/event-stream") return;
      for (const [name, value] of Object.entries(eventStreamHeaders)) headers.set(name, value);
      // Yoga's "none" is not a content coding of HTTP.
      headers.delete("content-encoding");
    },
  };
}

function acceptsEventStream(accept: string | null): boolean {
  const ranges = (accept ?? "*/*").split(",").map((range) => range.split(";")[0]!.trim().toLowerCase());
  return ranges.some((range) => ["text/event-stream", "text/*", "*/*"].includes(range));
}
