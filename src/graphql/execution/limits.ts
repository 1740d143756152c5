import type { ExecutionArgs, ExecutionResult } from "graphql";
import { createRoundRobin } from "../../domain/round-robin.ts";
import type { AskedBy } from "../../store/asked-by.ts";
import { contextOf } from "../context.ts";
import { errorOf } from "../errors.ts";
import { createDeadlines } from "./deadlines.ts";
import type { Execute } from "./execute.ts";

export type ExecutionLimits = {
  /** How long one operation may take, from when the client began to wait. */
  readonly milliseconds: number;
  /** How many operations may be executed at once. */
  readonly atOnce: number;
};

/**
 * Ends an operation that takes too long (TIMEOUT): it reads nothing more from the store. If more than `atOnce` are
 * being executed, also ends the one that began last of the client that has most of them (SERVICE_UNAVAILABLE).
 */
export function limited(
  { milliseconds, atOnce }: ExecutionLimits,
  askedBy: AskedBy,
  execute: Execute,
): Execute {
  const deadlines = createDeadlines(milliseconds);
  const running = createRoundRobin<Running>();

  // An error that is thrown synchronously becomes a rejection too.
  function executed(args: ExecutionArgs, client: string): ReturnType<Execute> {
    try {
      return askedBy(client, () => execute(args));
    } catch (error) {
      return Promise.reject(error as Error);
    }
  }

  return (args) => {
    const { waiting } = contextOf(args);
    const one: Running = { end() {} };
    running.add(waiting.client, one);
    if (running.size > atOnce) {
      const last = running.lastOfMost()!;
      if (last === one) return { errors: [tooMany()] };
      last.end({ errors: [tooMany()] });
    }
    const executing = executed(args, waiting.client);
    if (!("then" in executing)) {
      running.remove(waiting.client, one);
      return executing;
    }
    return new Promise((resolve, reject) => {
      one.end = (result) => {
        waiting.end();
        resolve(result);
      };
      const met = deadlines.begin(
        () => one.end({ data: null, errors: [timeout(milliseconds)] }),
        waiting.since,
      );
      const ended = (): void => {
        running.remove(waiting.client, one);
        met();
      };
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

/** An operation that is being executed. */
type Running = {
  /** Answers with this result, and lets nothing more be read. */
  end: (result: ExecutionResult) => void;
};

function tooMany() {
  return errorOf("SERVICE_UNAVAILABLE", "Too many requests are being answered: try again.", {
    http: { status: 503, headers: { "Retry-After": "1" } },
  });
}

function timeout(milliseconds: number) {
  return errorOf("TIMEOUT", `Answering took more than ${milliseconds / 1000} s: ask for less.`);
}
