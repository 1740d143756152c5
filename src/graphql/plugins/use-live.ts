import {
  createSourceEventStream,
  execute,
  getOperationAST,
  type GraphQLError,
  type ExecutionArgs,
  type ExecutionResult,
} from "graphql";
import type { Plugin } from "graphql-yoga";
import { createContext, type Asking, type Context } from "../context.ts";
import { liveOperation, type Execute } from "../live-operation.ts";
import type { LiveSource } from "../live-source.ts";

/**
 * Hands a subscription that can begin to whoever asked for it, to be told by the fan-out. What it answers itself is a
 * stream that ends at once; one that cannot begin is answered with errors.
 *
 * @param mask what a client sees of an error.
 */
export function useLive(mask: (error: unknown) => GraphQLError): Plugin<Asking & Context> {
  let pipelineOf: (context: Context) => { readonly execute: (args: ExecutionArgs) => unknown };

  async function begin(args: ExecutionArgs): Promise<ExecutionResult | AsyncIterable<never>> {
    const source = await createSourceEventStream(args);
    if (!(Symbol.asyncIterator in source)) return source;
    // graphql-js lets a context be anything.
    const { services, viewer, take } = args.contextValue as Asking & Context;
    // One that holds nothing of the request: the subscription may last for days.
    const context = createContext(services, { viewer, lastEventId: null });
    // Every subscription field of this schema gives a live source.
    // `useEventStreams` has refused those whom nobody takes.
    take?.(liveOperation(source as LiveSource, args, context, executeIn(context)));
    return nothing();
  }

  function executeIn(context: Context): Execute {
    const pipeline = pipelineOf(context);
    return async (args) => {
      try {
        // `@defer` and `@stream`, which would make a stream of it, are not part of the schema.
        return (await pipeline.execute(args)) as ExecutionResult;
      } catch (error) {
        return { errors: [mask(error)] };
      }
    };
  }

  return {
    onYogaInit({ yoga }) {
      pipelineOf = yoga.getEnveloped;
    },
    onSubscribe({ setSubscribeFn }) {
      setSubscribeFn(begin);
    },
    onExecute({ args, setExecuteFn }) {
      // Yoga's executor would subscribe again, where one entry is to be told.
      if (getOperationAST(args.document, args.operationName)?.operation === "subscription")
        setExecuteFn(execute);
    },
  };
}

async function* nothing(): AsyncGenerator<never> {}
