import type { Plugin } from "graphql-yoga";
import { errorOf } from "../errors.ts";

/**
 * Refuses a subscription whose client does not accept an event stream, before it is begun. Yoga refuses only its
 * answer, and would leave it running.
 */
export function useEventStreams(): Plugin {
  return {
    onSubscribe({ args, setResultAndStopExecution }) {
      // A WebSocket has no request of its own for each operation.
      const request: Request | undefined = args.contextValue.request;
      if (request === undefined || acceptsEventStream(request.headers.get("accept"))) return;
      const error = errorOf("BAD_REQUEST", "A subscription is answered as text/event-stream: accept that.", {
        http: { status: 406 },
      });
      setResultAndStopExecution({ errors: [error] });
    },
  };
}

function acceptsEventStream(accept: string | null): boolean {
  const ranges = (accept ?? "*/*").split(",").map((range) => range.split(";")[0]!.trim().toLowerCase());
  return ranges.some((range) => ["text/event-stream", "text/*", "*/*"].includes(range));
}
