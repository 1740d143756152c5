import { getOperationAST, OperationTypeNode, type ExecutionResult } from "graphql";
import type { GraphQLParams } from "graphql-yoga";
import type { Viewer } from "../domain/viewer.ts";
import { answerDependsOnTime } from "./depends-on-time.ts";
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
  return async (params: GraphQLParams, viewer: Viewer): Promise<QueryAnswer> => {
    const { schema, parse, validate, contextFactory, execute } = getEnveloped({
      viewer,
      params,
      lastEventId: null,
      take: null,
    });
    let document;
    try {
      document = parse(params.query!);
    } catch {
      return { is: "not executed" };
    }
    if (validate(schema, document).length > 0) return { is: "not executed" };
    const operation = getOperationAST(document, params.operationName);
    if (operation?.operation !== OperationTypeNode.QUERY) return { is: "not executed" };
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
