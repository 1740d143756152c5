import { AnswerError, dataOf, mayPass, post, UnreachableError, type Answer, type Operation } from "./ask.ts";
import type { Connection } from "./connection.ts";
import { readEvents } from "./event-stream.ts";
import { createWatchdog } from "./watchdog.ts";

/** The subscription cannot be resumed: what it keeps up to date has to be read again. */
export class PlaceLostError extends Error {
  override readonly name = "PlaceLostError";
}

/** The gateway sends a ping every 12 s; a stream that is silent for longer than this is dead. */
const silenceMs = 40_000;

const fellSilent = () => new UnreachableError("The gateway fell silent.");

const lostPlaces = new Set(["CURSOR_INVALID", "CURSOR_AHEAD", "CURSOR_EXPIRED", "EPOCH_CHANGED"]);

/**
 * The data of a subscription, resumed after every loss of the connection, until `signal` aborts. Begins after the
 * cursor `after`, and resumes after the newest one that `cursorOf` found or that came as an id. Sets the state of
 * `connection`.
 * @throws PlaceLostError; AnswerError for what a retry cannot mend; the signal's reason.
 */
export async function* follow<Data, Variables extends object>(
  operation: Operation<Data, Variables & { readonly after?: string | null }>,
  variables: Variables,
  {
    after,
    cursorOf,
    connection,
    signal,
    heard,
  }: {
    readonly after: string | null;
    readonly cursorOf: (data: Data) => string | null;
    readonly connection: Connection;
    readonly signal: AbortSignal;
    /** Called for everything that the stream brings, pings included. */
    readonly heard: () => void;
  },
): AsyncGenerator<Data, void> {
  let cursor = after;
  for (let attempt = 0; ;) {
    await connection.awake(signal);
    connection.connecting();
    using awake = connection.whileAwake(signal);
    using watchdog = createWatchdog(silenceMs, fellSilent);
    let why = "The connection was closed.";
    try {
      const accept = "text/event-stream, application/graphql-response+json;q=0.5";
      const stop = AbortSignal.any([awake.signal, watchdog.signal]);
      const response = await post(operation.text, withCursor(variables, cursor), accept, stop);
      if (!response.headers.get("content-type")?.includes("event-stream")) {
        dataOf((await response.json()) as Answer<Data>);
        throw new UnreachableError("The gateway answered a subscription with a single answer.");
      }
      for await (const { event, data, id } of readEvents(response.body!)) {
        watchdog.reset();
        if (event === "complete") break;
        attempt = 0;
        heard();
        if (event === "next" && data !== "") {
          const told = dataOf(JSON.parse(data) as Answer<Data>);
          yield told;
          cursor = cursorOf(told) ?? cursor;
        }
        if (id === null || id === "") continue;
        cursor = id;
        // A ping with its position: one comes as soon as all that was missed is told.
        if (event !== "next") connection.state.set({ is: "live" });
      }
    } catch (error) {
      signal.throwIfAborted();
      if (awake.signal.aborted) continue;
      if (error instanceof AnswerError) {
        if (lostPlaces.has(error.code)) throw new PlaceLostError(error.message, { cause: error });
        if (!error.isPassing) throw error;
      }
      // A connection that breaks off throws the browser's own words, such as "network error": `why` stays as it is.
      if (mayPass(error) || error instanceof RangeError) why = error.message;
    }
    signal.throwIfAborted();
    await connection.retry(attempt++, why, signal);
  }
}

/** Leaves `after` out if there is no cursor: not every subscription has that argument. */
function withCursor<Variables extends object>(variables: Variables, cursor: string | null) {
  return cursor === null ? variables : { ...variables, after: cursor };
}
