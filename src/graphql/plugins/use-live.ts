import {
  createSourceEventStream,
  type GraphQLError,
  type ExecutionArgs,
  type ExecutionResult,
} from "graphql";
import type { Plugin } from "graphql-yoga";
import type { Viewer } from "../../domain/viewer.ts";
import { createContext, type Asking, type Context, type Services } from "../context.ts";
import type { WrongVariables } from "../execution/wrong-variables.ts";
import { liveArgs, liveOperation, type ExecuteLive } from "../live/live-operation.ts";
import type { LiveSource } from "../live/live-source.ts";

export type LivePluginOptions = {
  /** What a client sees of an error. */
  readonly mask: (error: unknown) => GraphQLError;
  readonly wrongVariables: WrongVariables;
};

/**
 * Hands a subscription that can begin to `Asking.take`, for the fan-out to serve; the answer is then a stream that ends
 * at once. A subscription that cannot begin is answered with errors.
 */
export function useLive({ mask, wrongVariables }: LivePluginOptions): Plugin<Asking & Context> {
  let pipelineOf: (context: Context) => { readonly execute: (args: ExecutionArgs) => unknown };

  async function begin(args: ExecutionArgs): Promise<ExecutionResult | AsyncIterable<never>> {
    const errors = wrongVariables(args);
    if (errors.length > 0) return { errors };
    const source = await createSourceEventStream(args);
    if (!(Symbol.asyncIterator in source)) return source;
    // graphql-js lets a context be anything; every subscription field of this schema gives a live source.
    const { services, viewer, take } = args.contextValue as Asking & Context;
    const operation = liveOperation(source as LiveSource, args, viewer, executeFor(services, viewer));
    // If there is no `take`, `useEventStreams` has refused the subscription already.
    take?.(operation);
    return nothing();
  }

  function executeFor(services: Services, viewer: Viewer): ExecuteLive {
    // Made when it is first needed, most often never: whoever joins a group gets that group's answers.
    let made: { readonly context: Context; readonly pipeline: ReturnType<typeof pipelineOf> } | undefined;
    const make = () => {
      const context = createContext(services, { viewer, lastEventId: null });
      return { context, pipeline: pipelineOf(context) };
    };
    return async (document, told) => {
      try {
        const { context, pipeline } = (made ??= make());
        // `@defer` and `@stream`, which would make it a stream, are not part of the schema.
        return (await pipeline.execute(liveArgs(document, told, context))) as ExecutionResult;
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
  };
}

async function* nothing(): AsyncGenerator<never> {}
