import type { Seq } from "../domain/cursor.ts";
import type { LogEntry } from "../domain/event.ts";
import type { Viewer } from "../domain/viewer.ts";
import type { Reader } from "../store/reader.ts";
import type { Store } from "../store/store.ts";
import { limitedReader } from "./limited-reader.ts";
import { createLoaders, type Loaders } from "./loaders.ts";
import type { Payload } from "./subscription.ts";

/**
 * Every entry of the log after `after`, then every entry as it is committed, until it is returned or `signal` aborts;
 * null begins with the next entry. Either one ends it at once, also while it waits. It fails when it can no longer
 * tell everything: CURSOR_EXPIRED, SLOW_CONSUMER.
 */
export type Follow = (after: Seq | null, signal: AbortSignal) => AsyncIterableIterator<LogEntry>;

/** What GraphQL is given by the rest of the gateway. */
export type Services = {
  readonly store: Pick<Store, "reader" | "readTransaction">;
  readonly follow: Follow;
  readonly feed: {
    /** FEED_SILENCE_AFTER in milliseconds; null when it is not set. */
    readonly silenceAfterMs: number | null;
    /** Webhooks that this process refused for want of a valid signature. */
    readonly refusedSinceStart: () => number;
  };
  /** Epoch milliseconds. */
  readonly clock: () => number;
};

/** What resolvers see, of one execution: a query, or one event of a subscription. */
export type Context = {
  readonly services: Services;
  readonly viewer: Viewer;
  /** What the viewer may see, and no more. */
  readonly reader: Reader;
  readonly loaders: Loaders;
  /** Epoch milliseconds: what relative times count from, the same for the whole execution. */
  readonly now: number;
};

/** The context of an execution that reads each answer of its own moment. */
export function createContext(services: Services, viewer: Viewer): Context {
  return readingFrom(services.store.reader, { services, viewer });
}

/** A context like `context`, for one more execution, which reads what its viewer may see of `reader`. */
export function readingFrom<Given extends Pick<Context, "services" | "viewer">>(
  reader: Reader,
  context: Given,
): Given & Context {
  const now = context.services.clock();
  const limited = limitedReader(reader, context.viewer);
  return { ...context, reader: limited, now, loaders: createLoaders(limited, now) };
}

/** A context like `context`, for the execution that tells one entry of the log. */
export function telling(told: Payload, context: Context): Context {
  const now = context.services.clock();
  return { ...context, now, loaders: createLoaders(context.reader, now, told) };
}
