import type { ExecutionArgs } from "graphql";
import type { Context } from "../context.ts";
import { errorOf } from "../errors.ts";
import { createDeadlines } from "./deadlines.ts";
import type { Execute } from "./execute.ts";

export type ExecutionLimits = {
  /** How long one operation may take, from when it is asked for. */
  readonly milliseconds: number;
  /** How many may be executed at once. */
  readonly atOnce: number;
};

/**
 * Ends an operation that takes too long (TIMEOUT): what it has not yet asked of the store is not asked any more. Refuses
 * more at once than the gateway can serve (SERVICE_UNAVAILABLE).
 */
export function limited({ milliseconds, atOnce }: ExecutionLimits, execute: Execute): Execute {
  const deadlines = createDeadlines(milliseconds);
  let running = 0;

  // What it throws at once is a rejection, too.
  function executed(args: ExecutionArgs): ReturnType<Execute> {
    try {
      return execute(args);
    } catch (error) {
      return Promise.reject(error as Error);
    }
  }

  return (args) => {
    if (running >= atOnce) return { errors: [tooMany()] };
    const executing = executed(args);
    if (!("then" in executing)) return executing;
    // graphql-js lets a context be anything.
    const { waiting } = args.contextValue as Context;
    return new Promise((resolve, reject) => {
      const met = deadlines.begin(() => {
        waiting.end();
        resolve({ data: null, errors: [timeout(milliseconds)] });
      }, waiting.since);
      const ended = (): void => {
        running -= 1;
        met();
      };
      running += 1;
      executing.then(
        (result) => {
          ended();
          resolve(result);
        },
        (error: unknown) => {
          ended();
          reject(error as Error);
        },
      );
    });
  };
}

function tooMany() {
  return errorOf("SERVICE_UNAVAILABLE", "Too many requests are being answered: try again.", {
    http: { status: 503, headers: { "Retry-After": "1" } },
  });
}

function timeout(milliseconds: number) {
  return errorOf("TIMEOUT", `Answering took more than ${milliseconds / 1000} s: ask for less.`);
}
