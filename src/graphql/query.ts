import { getOperationAST, OperationTypeNode, type ExecutionResult } from "graphql";
import type { GraphQLParams } from "graphql-yoga";
import type { Viewer } from "../domain/viewer.ts";
import { answerDependsOnTime } from "./depends-on-time.ts";
import { createDocuments } from "./documents.ts";
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
 * Executes queries in Yoga's own pipeline, plugins included, without a Request and a Response around each: those take
 * most of the time that a quick query takes.
 */
export function createQuery({ getEnveloped }: Pick<GraphQL, "getEnveloped">) {
  const documents = createDocuments();
  return async (params: GraphQLParams, viewer: Viewer, client: Client): Promise<QueryAnswer> => {
    const pipeline = getEnveloped({ viewer, params, client, lastEventId: null, take: null });
    const document = documents(params.query!, pipeline);
    if (document === null) return { is: "not executed" };
    const operation = getOperationAST(document, params.operationName);
    if (operation?.operation !== OperationTypeNode.QUERY) return { is: "not executed" };
    const { schema, contextFactory, execute } = pipeline;
    const result = (await execute({
      schema,
      document,
      contextValue: await contextFactory(),
      variableValues: params.variables,
      operationName: params.operationName,
    })) as ExecutionResult;
    if (!("data" in result)) return { is: "not executed" };
    const isLasting = result.errors === undefined && !answerDependsOnTime(schema, document, params.variables);
    return { is: "executed", result, isLasting };
  };
}
