import { createSourceEventStream, execute, type ExecutionArgs, type ExecutionResult } from "graphql";
import { telling, type Context } from "./context.ts";
import { mapStream, type Source } from "./map-stream.ts";
import type { Payload } from "./subscription.ts";

/** What a validated subscription answers about one entry of the log. `args` has a `Context`. */
export async function executeEntry(args: ExecutionArgs, payload: Payload): Promise<ExecutionResult> {
  // graphql-js lets a context be anything.
  const context = args.contextValue as Context;
  return execute({ ...args, rootValue: payload, contextValue: telling(payload, context) });
}

/**
 * graphql-js's `subscribe`, with a context of its own for each entry: loaders remember what they loaded, and a
 * subscription lasts for days.
 */
export async function subscribeToEntries(
  args: ExecutionArgs,
): Promise<AsyncIterableIterator<ExecutionResult> | ExecutionResult> {
  const source = await createSourceEventStream(args);
  if (!(Symbol.asyncIterator in source)) return source;
  // Every subscription field of this schema yields the payloads that `followed` makes.
  const payloads = source[Symbol.asyncIterator]() as Source<Payload>;
  return mapStream(payloads, (payload) => executeEntry(args, payload));
}
