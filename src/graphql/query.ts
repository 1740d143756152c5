import { getOperationAST, OperationTypeNode, type ExecutionResult } from "graphql";
import type { Viewer } from "../domain/viewer.ts";
import type { Asking } from "./context.ts";
import { answerDependsOnTime } from "./depends-on-time.ts";
import type { Params } from "./params.ts";
import { schema } from "./schema.ts";
import type { Client } from "./waiting.ts";
import type { GraphQL } from "./yoga.ts";

export type QueryAnswer =
  | {
      readonly is: "executed";
      /** With errors, where there are any, each of one field. */
      readonly result: ExecutionResult;
      /** The same question has the same answer until something is written. */
      readonly isLasting: boolean;
    }
  /** It is no query, or a wrong one, or there was nothing to be read. */
  | { readonly is: "not executed" };

/**
 * Answers queries as Yoga's pipeline does, without a Request and a Response around each: those take most of the time that
 * a quick query takes. Plugins read each document once; it is executed past their hooks.
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
