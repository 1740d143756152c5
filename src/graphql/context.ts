import type { JsonObject } from "../domain/issue.ts";
import type { StatusDetails } from "../domain/status-details.ts";
import type { Viewer } from "../domain/viewer.ts";
import type { Reader } from "../store/reader.ts";
import type { Store } from "../store/store.ts";
import { limitedReader } from "./limited-reader.ts";
import { createLoaders, type Loaders } from "./loaders.ts";
import type { LiveOperation } from "./live-operation.ts";
import type { Payload } from "./live-source.ts";
import { createAnswerSize, type AnswerSize } from "./answer-size.ts";
import { awaitedReader, createWaiting, type Client, type Waiting } from "./waiting.ts";

/** What GraphQL is given by the rest of the gateway. */
export type Services = {
  readonly store: Pick<Store, "reader" | "readTransaction">;
  /** The log's bounds as they were a moment ago, at the earliest. */
  readonly recentBounds: Reader["bounds"];
  /** Reads an issue's `statusDetails`. */
  readonly statusDetailsOf: (sent: JsonObject) => StatusDetails;
  readonly feed: {
    /** FEED_SILENCE_AFTER in milliseconds; null when it is not set. */
    readonly silenceAfterMs: number | null;
    /** Webhooks that this process refused for want of a valid signature. */
    readonly refusedSinceStart: () => number;
  };
  /** LIMIT_COST: how many values lists that are long may add to an answer. */
  readonly mostValues: number;
  /** Epoch milliseconds. */
  readonly clock: () => number;
};

/** Who asks, and where a subscription goes. */
export type Asking = {
  readonly viewer: Viewer;
  /** The cursor at which the client's stream broke off, which wins over the argument `after`. */
  readonly lastEventId: string | null;
  /**
   * Takes a subscription that can begin: it is for the caller to have it told. Called at most once; null where none
   * can be told, and each is refused.
   */
  readonly take: ((operation: LiveOperation) => void) | null;
  /** Who waits for the answer to a query; left out, whoever made the request that Yoga answers. */
  readonly client?: Client;
};

/** Keeps what `Asking.take` is given, for whoever asks. */
type Taken = { operation: LiveOperation | null; readonly take: (operation: LiveOperation) => void };

export function createTaken(): Taken {
  const taken: Taken = {
    operation: null,
    take(operation) {
      taken.operation = operation;
    },
  };
  return taken;
}

/** What resolvers see, of one execution: a query, or one event of a subscription. */
export type Context = {
  readonly services: Services;
  readonly viewer: Viewer;
  readonly lastEventId: string | null;
  /** What the viewer may see, and no more; for as long as the answer is awaited. */
  readonly reader: Reader;
  readonly waiting: Waiting;
  readonly loaders: Loaders;
  readonly answerSize: AnswerSize;
  /** Epoch milliseconds: what relative times count from, the same for the whole execution. */
  readonly now: number;
};

type Requested = {
  /** Of a request over HTTP that Yoga answers, which it names beside what it is told. */
  readonly request?: { readonly signal: AbortSignal };
};

/** The context of an execution that reads each answer of its own moment. */
export function createContext(
  services: Services,
  { viewer, lastEventId, client, request }: Pick<Asking, "viewer" | "lastEventId" | "client"> & Requested,
): Context {
  const waiting = createWaiting(client ?? request?.signal);
  return readingFrom(services.store.reader, { services, viewer, lastEventId, waiting });
}

/** A context like `context`, for one more execution, which reads what its viewer may see of `reader`. */
export function readingFrom<Given extends Pick<Context, "services" | "viewer" | "lastEventId" | "waiting">>(
  reader: Reader,
  context: Given,
): Given & Context {
  const now = context.services.clock();
  const limited = limitedReader(awaitedReader(reader, context.waiting), context.viewer);
  const answerSize = createAnswerSize(context.services.mostValues, now);
  return { ...context, reader: limited, now, answerSize, loaders: createLoaders(limited, now) };
}

/** A context like `context`, for the execution that tells one entry of the log. */
export function telling(told: Payload, context: Context): Context {
  const now = context.services.clock();
  const answerSize = createAnswerSize(context.services.mostValues, now);
  return { ...context, now, answerSize, loaders: createLoaders(context.reader, now, told) };
}
