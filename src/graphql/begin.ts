import { getOperationAST, OperationTypeNode } from "graphql";
import type { GraphQLParams } from "graphql-yoga";
import type { Asking } from "./context.ts";
import type { LiveOperation } from "./live-operation.ts";
import type { GraphQL } from "./yoga.ts";

/**
 * Makes a subscription ready in Yoga's own pipeline, plugins included, without a Request and a Response around it: ten
 * thousand subscribers who come at once would leave most of a megabyte of those for each ten of them. Null for what is
 * no subscription, or cannot begin.
 */
export function createBegin({ getEnveloped }: Pick<GraphQL, "getEnveloped">) {
  return async (params: GraphQLParams, asking: Omit<Asking, "take">): Promise<LiveOperation | null> => {
    const taken: { operation: LiveOperation | null } = { operation: null };
    const take = (operation: LiveOperation): void => {
      taken.operation = operation;
    };
    const { schema, parse, validate, contextFactory, subscribe } = getEnveloped({ ...asking, params, take });
    let document;
    try {
      document = parse(params.query!);
    } catch {
      return null;
    }
    if (validate(schema, document).length > 0) return null;
    const { operationName, variables: variableValues } = params;
    if (getOperationAST(document, operationName)?.operation !== OperationTypeNode.SUBSCRIPTION) return null;
    const contextValue = await contextFactory();
    await subscribe({ schema, document, operationName, variableValues, contextValue });
    return taken.operation;
  };
}
