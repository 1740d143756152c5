import { getOperationAST, OperationTypeNode, type ExecutionResult } from "graphql";
import type { Viewer } from "../domain/viewer.ts";
import type { Asking } from "./context.ts";
import { answerDependsOnTime } from "./caching/depends-on-time.ts";
import type { Params } from "./params.ts";
import { schema } from "./schema.ts";
import type { Client } from "./reading/waiting.ts";
import type { GraphQL } from "./yoga.ts";

export type QueryAnswer =
  | {
      readonly is: "executed";
      /** Has `data`, maybe null. An error belongs to one field, or replaces all data (TIMEOUT, QUERY_TOO_COMPLEX). */
      readonly result: ExecutionResult;
      /** The same question has the same answer until something is written. */
      readonly isLasting: boolean;
    }
  /** It is not a query, or it was refused: there is no `data`. */
  | { readonly is: "not executed" };

/**
 * Answers queries as Yoga's pipeline does, but without a Request and a Response for each: these take most of the time
 * of a quick query. Plugins parse and validate each document once; execution bypasses their hooks.
 */
export function createQuery({
  getEnveloped,
  documents,
  execute,
}: Pick<GraphQL, "getEnveloped" | "documents" | "execute">) {
  return async (params: Params, viewer: Viewer, client: Client): Promise<QueryAnswer> => {
    const asking: Asking = { viewer, client, lastEventId: null, take: null };
    const document = documents(params.query, () => getEnveloped({ ...asking, params }));
    if (document === null) return { is: "not executed" };
    const { operationName, variables } = params;
    const operation = getOperationAST(document, operationName);
    if (operation?.operation !== OperationTypeNode.QUERY) return { is: "not executed" };
    const result = await execute({ document, operationName, variableValues: variables }, asking);
    if (!("data" in result)) return { is: "not executed" };
    const isLasting = result.errors === undefined && !answerDependsOnTime(schema, document, variables);
    return { is: "executed", result, isLasting };
  };
}
