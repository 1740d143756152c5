import { getOperationAST, OperationTypeNode } from "graphql";
import { createTaken, type Asking } from "../context.ts";
import type { LiveOperation } from "./live-operation.ts";
import type { Params } from "../params.ts";
import type { GraphQL } from "../yoga.ts";

/**
 * Prepares a subscription in Yoga's own pipeline, plugins included, but without a Request and a Response: these take
 * about 80 kB per subscriber, and ten thousand may come at once. Null if it is not a subscription, or cannot begin.
 */
export function createBegin({ getEnveloped, documents }: Pick<GraphQL, "getEnveloped" | "documents">) {
  return async (params: Params, asking: Omit<Asking, "take">): Promise<LiveOperation | null> => {
    const taken = createTaken();
    const pipeline = getEnveloped({ ...asking, params, take: taken.take });
    const document = documents(params.query, () => pipeline);
    if (document === null) return null;
    const { operationName, variables: variableValues } = params;
    if (getOperationAST(document, operationName)?.operation !== OperationTypeNode.SUBSCRIPTION) return null;
    const { schema, contextFactory, subscribe } = pipeline;
    const contextValue = await contextFactory();
    await subscribe({ schema, document, operationName, variableValues, contextValue });
    return taken.operation;
  };
}
