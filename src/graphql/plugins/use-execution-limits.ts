import { getOperationAST, type ExecutionArgs, type ExecutionResult } from "graphql";
import type { Plugin } from "graphql-yoga";
import type { Context } from "../context.ts";
import { createDeadlines } from "../deadlines.ts";
import { errorOf } from "../errors.ts";

export type ExecutionLimits = {
  /** How long one operation may take. */
  readonly milliseconds: number;
  /** How many may be executed at once. */
  readonly atOnce: number;
};

/**
 * Ends an operation that takes too long (TIMEOUT): what it has not yet asked of the store is not asked any more. Refuses
 * more at once than the gateway can serve (SERVICE_UNAVAILABLE). Subscriptions are not counted: they wait, and what they
 * tell of an event is told to many at once.
 *
 * It takes the executor as earlier plugins left it: one that brings an executor of its own has to come before.
 */
export function useExecutionLimits({ milliseconds, atOnce }: ExecutionLimits): Plugin<Context> {
  const deadlines = createDeadlines(milliseconds);
  let running = 0;
  return {
    onExecute({ args, executeFn, setExecuteFn, setResultAndStopExecution }) {
      if (getOperationAST(args.document, args.operationName)?.operation === "subscription") return;
      if (running >= atOnce) {
        const error = errorOf("SERVICE_UNAVAILABLE", "Too many requests are being answered: try again.", {
          http: { status: 503, headers: { "Retry-After": "1" } },
        });
        return setResultAndStopExecution({ errors: [error] });
      }

      async function executed(execution: ExecutionArgs): Promise<ExecutionResult> {
        running += 1;
        try {
          return (await executeFn(execution)) as ExecutionResult;
        } finally {
          running -= 1;
        }
      }
      setExecuteFn((execution: ExecutionArgs) => {
        const result = Promise.withResolvers<ExecutionResult>();
        // graphql-js lets a context be anything.
        const { waiting } = execution.contextValue as Context;
        const met = deadlines.begin(() => {
          waiting.end();
          result.resolve({ data: null, errors: [timeout(milliseconds)] });
        });
        executed(execution).finally(met).then(result.resolve, result.reject);
        return result.promise;
      });
    },
  };
}

function timeout(milliseconds: number) {
  return errorOf("TIMEOUT", `Answering took more than ${milliseconds / 1000} s: ask for less.`);
}
