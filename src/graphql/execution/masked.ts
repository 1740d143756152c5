import type { ExecutionArgs, ExecutionResult, GraphQLError } from "graphql";
import type { Execute } from "./execute.ts";

/** Executes an operation, with errors as clients see them. Never rejects. */
export type ExecuteMasked = (args: ExecutionArgs) => Promise<ExecutionResult>;

/** @param mask what a client sees of an error. */
export function masked(execute: Execute, mask: (error: unknown) => GraphQLError): ExecuteMasked {
  return async (args) => {
    try {
      const result = await execute(args);
      return result.errors === undefined ? result : { ...result, errors: result.errors.map(mask) };
    } catch (error) {
      return { errors: [mask(error)] };
    }
  };
}
