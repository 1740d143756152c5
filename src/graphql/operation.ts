import {
  getOperationAST,
  OperationTypeNode,
  type ExecutionArgs,
  type ExecutionResult,
  type GraphQLError,
} from "graphql";
import { answerDependsOnTime } from "./caching/depends-on-time.ts";
import type { Documents, Refused } from "./caching/documents.ts";
import { createContext, type Asking, type Services } from "./context.ts";
import { errorOf, unnamedOperation } from "./errors.ts";
import type { ExecuteMasked } from "./execution/masked.ts";
import type { DocumentLimits } from "./limits/document-limits.ts";
import type { LiveOperation } from "./live/live-operation.ts";
import type { Subscribe } from "./live/subscribe.ts";
import type { Params } from "./params.ts";
import { schema } from "./schema.ts";

export type Answered = {
  readonly is: "answered";
  /**
   * Has `data`, maybe null: then an error belongs to one field, or replaces all data (TIMEOUT, QUERY_TOO_COMPLEX). That
   * of a subscription that cannot resume has no `data`, and the errors of its field.
   */
  readonly result: ExecutionResult;
  /** The same question has the same answer until something is written. */
  readonly isLasting: boolean;
};

/** A subscription that can begin; the caller has to serve it. */
export type Subscribed = { readonly is: "subscribed"; readonly operation: LiveOperation };

export type Asker = Pick<Asking, "viewer" | "lastEventId" | "client">;

/** What a valid document asks for. `begin` never rejects, and refuses for what only execution shows. */
export type Operation =
  | { readonly is: "query"; readonly begin: (asker: Asker) => Promise<Refused | Answered> }
  | {
      readonly is: "subscription";
      readonly begin: (asker: Asker) => Promise<Refused | Answered | Subscribed>;
    };

export type OperationsOptions = {
  readonly documents: Documents;
  readonly execute: ExecuteMasked;
  readonly subscribe: Subscribe;
  readonly refusalOf: DocumentLimits["refusalOf"];
  readonly services: Services;
};

/**
 * The way from a request's parameters to an answer, for every transport. It is Yoga's, but without a Request and a
 * Response, which take most of the time of a quick query and about 80 kB per subscriber, of whom ten thousand may come
 * at once; and without the hooks of plugins on executions.
 */
export function createOperations({
  documents,
  execute,
  subscribe,
  refusalOf,
  services,
}: OperationsOptions): (params: Params) => Operation | Refused {
  return ({ query, operationName, variables }) => {
    const read = documents(query);
    if (read.is === "refused") return read;
    const { document } = read;
    const operation = getOperationAST(document, operationName);
    if (operation == null) return refused([errorOf("OPERATION_RESOLUTION_FAILURE", unnamedOperation)]);

    const argsFor = (asker: Asker): ExecutionArgs => ({
      schema,
      document,
      operationName,
      variableValues: variables,
      contextValue: createContext(services, asker),
    });

    if (operation.operation === OperationTypeNode.SUBSCRIPTION)
      return {
        is: "subscription",
        async begin(asker) {
          const args = argsFor(asker);
          const refusal = refusalOf(args);
          if (refusal !== null) return refused([refusal]);
          const begun = await subscribe(args);
          return "key" in begun ? { is: "subscribed", operation: begun } : answered(begun, false);
        },
      };
    return {
      is: "query",
      async begin(asker) {
        const result = await execute(argsFor(asker));
        return answered(
          result,
          result.errors === undefined && !answerDependsOnTime(schema, document, variables),
        );
      },
    };
  };
}

/** A result whose errors are all about the request, not about a field, is a refusal. */
function answered(result: ExecutionResult, isLasting: boolean): Refused | Answered {
  const { data, errors = [] } = result;
  return data === undefined && errors.length > 0 && errors.every(({ path }) => path === undefined)
    ? refused(errors)
    : { is: "answered", result, isLasting };
}

function refused(errors: readonly GraphQLError[]): Refused {
  return { is: "refused", errors };
}
