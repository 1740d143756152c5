import type { ExecutionArgs } from "graphql";
import type { JsonObject } from "../domain/issue.ts";
import type { StatusDetails } from "../domain/status-details.ts";
import type { Viewer } from "../domain/viewer.ts";
import type { Reader } from "../store/reader.ts";
import type { Store } from "../store/store.ts";
import { limitedReader } from "./reading/limited-reader.ts";
import { createLoaders, type Loaders } from "./reading/loaders.ts";
import type { LiveOperation } from "./live/live-operation.ts";
import type { Payload } from "./live/live-source.ts";
import { createAnswerSize, type AnswerSize } from "./limits/answer-size.ts";
import { awaitedReader, createWaiting, type Client, type Waiting } from "./reading/waiting.ts";

/** What the rest of the gateway provides to GraphQL. */
export type Services = {
  readonly store: Pick<Store, "reader" | "readTransaction">;
  /** The log's bounds, at most a moment old. */
  readonly recentBounds: Reader["bounds"];
  /** Reads an issue's `statusDetails`. */
  readonly statusDetailsOf: (sent: JsonObject) => StatusDetails;
  readonly feed: {
    /** FEED_SILENCE_AFTER in milliseconds; null when it is not set. */
    readonly silenceAfterMs: number | null;
    /** How many webhooks this process has refused because they had no valid signature. */
    readonly refusedSinceStart: () => number;
  };
  /** LIMIT_COST: how many values long lists may add to an answer, beyond the cost measured beforehand. */
  readonly mostValues: number;
  /** Epoch milliseconds. */
  readonly clock: () => number;
};

/** Who asks, and where a subscription goes. */
export type Asking = {
  readonly viewer: Viewer;
  /** `Last-Event-ID`: the cursor to resume after. It wins over the argument `after`. */
  readonly lastEventId: string | null;
  /** Receives a subscription that can begin; the caller has to serve it. Called at most once. */
  readonly take: (operation: LiveOperation) => void;
  /** Who waits for the answer to a query. If left out, the client of the request that Yoga answers. */
  readonly client?: Client;
};

/** What resolvers get in one execution: of a query, or of one event of a subscription. */
export type Context = {
  readonly services: Services;
  readonly viewer: Viewer;
  readonly lastEventId: string | null;
  /** Limited to what the viewer may see. Refuses every question once nobody waits for the answer any more. */
  readonly reader: Reader;
  readonly waiting: Waiting;
  readonly loaders: Loaders;
  readonly answerSize: AnswerSize;
  /** Epoch milliseconds: what relative times count from, the same for the whole execution. */
  readonly now: number;
};

type Requested = {
  /** Added by Yoga for HTTP requests that it answers. */
  readonly request?: { readonly signal: AbortSignal };
};

/** The context of an execution whose reads do not share a transaction: each sees the newest state. */
export function createContext(
  services: Services,
  { viewer, lastEventId, client, request }: Pick<Asking, "viewer" | "lastEventId" | "client"> & Requested,
): Context {
  const waiting = createWaiting(client ?? request?.signal);
  return readingFrom(services.store.reader, { services, viewer, lastEventId, waiting });
}

/** The context of an execution. graphql-js lets it be anything; in this gateway `createContext` has made it. */
export function contextOf({ contextValue }: Pick<ExecutionArgs, "contextValue">): Context {
  return contextValue as Context;
}

/** A context for another execution, which reads from `reader` what the viewer of `context` may see. */
export function readingFrom<Given extends Pick<Context, "services" | "viewer" | "lastEventId" | "waiting">>(
  reader: Reader,
  context: Given,
): Given & Context {
  const now = context.services.clock();
  const limited = limitedReader(awaitedReader(reader, context.waiting), context.viewer);
  const answerSize = createAnswerSize(context.services.mostValues, now);
  return { ...context, reader: limited, now, answerSize, loaders: createLoaders(limited, now) };
}

/** A context for the execution that tells one entry of the log, with the reader of `context`. */
export function telling(told: Payload, context: Context): Context {
  const now = context.services.clock();
  const answerSize = createAnswerSize(context.services.mostValues, now);
  return { ...context, now, answerSize, loaders: createLoaders(context.reader, now, told) };
}
