import {
  createSourceEventStream,
  type ExecutionArgs,
  type ExecutionResult,
  type GraphQLError,
} from "graphql";
import type { Viewer } from "../../domain/viewer.ts";
import { contextOf, createContext, type Context, type Services } from "../context.ts";
import type { ExecuteMasked } from "../execution/masked.ts";
import type { WrongVariables } from "../execution/wrong-variables.ts";
import { liveArgs, liveOperation, type ExecuteLive, type LiveOperation } from "./live-operation.ts";
import type { LiveSource } from "./live-source.ts";

/** Prepares a subscription whose limits were checked; gives errors if it cannot begin. Never rejects. */
export type Subscribe = (args: ExecutionArgs) => Promise<LiveOperation | ExecutionResult>;

export type SubscribeOptions = {
  readonly execute: ExecuteMasked;
  readonly wrongVariables: WrongVariables;
  /** What a client sees of an error. */
  readonly mask: (error: unknown) => GraphQLError;
};

export function createSubscribe({ execute, wrongVariables, mask }: SubscribeOptions): Subscribe {
  function executeFor(services: Services, viewer: Viewer): ExecuteLive {
    // Made when it is first needed, most often never: whoever joins a group gets that group's answers.
    let context: Context | undefined;
    return (document, told) => {
      context ??= createContext(services, { viewer, lastEventId: null });
      return execute(liveArgs(document, told, context));
    };
  }

  return async (args) => {
    try {
      const errors = wrongVariables(args);
      const source = errors.length > 0 ? { errors } : await createSourceEventStream(args);
      if (!(Symbol.asyncIterator in source)) return { errors: (source.errors ?? []).map(mask) };
      const { services, viewer } = contextOf(args);
      // Every subscription field of this schema gives a live source.
      return liveOperation(source as LiveSource, args, viewer, executeFor(services, viewer));
    } catch (error) {
      return { errors: [mask(error)] };
    }
  };
}
