import { getOperationAST, type ExecutionArgs, type ExecutionResult } from "graphql";
import type { Plugin } from "graphql-yoga";
import { ReadTimeoutError } from "../../domain/failure.ts";
import type { Reader } from "../../store/reader.ts";
import { askingInstead, type Context } from "../context.ts";
import { errorOf } from "../errors.ts";

export type ExecutionLimits = {
  /** How long one operation may take. */
  readonly milliseconds: number;
  /** How many may be executed at once. */
  readonly atOnce: number;
};

/**
 * Ends an operation that takes too long (TIMEOUT), or whose client is gone: what it has not yet asked of the store is not
 * asked any more. Refuses more at once than the gateway can serve (SERVICE_UNAVAILABLE). Subscriptions are not counted:
 * they wait, and what they tell of an event is told to many at once.
 *
 * It takes the executor as earlier plugins left it: one that brings an executor of its own has to come before.
 */
export function useExecutionLimits({ milliseconds, atOnce }: ExecutionLimits): Plugin<Context> {
  let running = 0;
  return {
    onExecute({ args, context, executeFn, setExecuteFn, setResultAndStopExecution }) {
      if (getOperationAST(args.document, args.operationName)?.operation === "subscription") return;
      if (running >= atOnce) {
        const error = errorOf("SERVICE_UNAVAILABLE", "Too many requests are being answered: try again.", {
          http: { status: 503, headers: { "Retry-After": "1" } },
        });
        return setResultAndStopExecution({ errors: [error] });
      }
      const { request } = context as { readonly request?: Request };
      setExecuteFn(async (execution: ExecutionArgs): Promise<ExecutionResult> => {
        running += 1;
        const end = new AbortController();
        const timedOut = Promise.withResolvers<ExecutionResult>();
        const timer = setTimeout(() => {
          end.abort();
          timedOut.resolve({ data: null, errors: [timeout(milliseconds)] });
        }, milliseconds);
        const signal =
          request?.signal === undefined ? end.signal : AbortSignal.any([end.signal, request.signal]);
        // graphql-js lets a context be anything.
        const given = execution.contextValue as Context;
        const contextValue = askingInstead(endingWith(signal, given.reader), given);
        const answered = Promise.resolve(executeFn({ ...execution, contextValue })).finally(() => {
          running -= 1;
        });
        try {
          return await Promise.race([answered as Promise<ExecutionResult>, timedOut.promise]);
        } finally {
          clearTimeout(timer);
        }
      });
    },
  };
}

function timeout(milliseconds: number) {
  return errorOf("TIMEOUT", `Answering took more than ${milliseconds / 1000} s: ask for less.`);
}

/** `reader`, until the signal aborts; from then on it refuses every question. */
function endingWith(signal: AbortSignal, reader: Reader): Reader {
  // Not a copy with each method wrapped: every request makes one of these, and asks two or three questions.
  return new Proxy(reader, {
    get: (target, name, receiver) =>
      signal.aborted ? refuse : (Reflect.get(target, name, receiver) as unknown),
  });
}

function refuse(): Promise<never> {
  return Promise.reject(new ReadTimeoutError("Nobody waits for the answer any more."));
}
