import {
  getOperationAST,
  GraphQLError,
  OperationTypeNode,
  parse,
  type DocumentNode,
  type ExecutionArgs,
  type ExecutionResult,
} from "graphql";
import type { Viewer } from "../../domain/viewer.ts";
import { createTaken } from "../../graphql/context.ts";
import { errorOf, unnamedOperation } from "../../graphql/errors.ts";
import type { LiveOperation } from "../../graphql/live/live-operation.ts";
import { schema } from "../../graphql/schema.ts";
import type { Client } from "../../graphql/reading/waiting.ts";
import type { GraphQL } from "../../graphql/yoga.ts";

/** An operation that was not refused. graphql-ws holds it until the operation has ended. */
export type Begun = ExecutionArgs & {
  /** The subscription; null if it cannot begin, for any other operation, and once it is served. */
  operation: LiveOperation | null;
  /** What to send if there is no `operation`; empty once it is sent. */
  result: ExecutionResult;
};

type OperationRequest = {
  readonly query: string;
  readonly operationName: string | null;
  readonly variables: Record<string, unknown>;
};

/**
 * Executes an operation; returns its errors if it is refused. This happens before graphql-ws executes it: only
 * execution shows whether the variables are valid and what they ask for, and a refusal has to be sent as an `error`.
 */
export async function begin(
  graphql: GraphQL,
  viewer: Viewer,
  client: Client,
  { query, operationName, variables }: OperationRequest,
): Promise<Begun | readonly GraphQLError[]> {
  const taken = createTaken();
  const pipeline = graphql.getEnveloped({
    viewer,
    lastEventId: null,
    client,
    take: taken.take,
    params: { query, variables, ...(operationName === null ? {} : { operationName }) },
  });
  try {
    const document: DocumentNode = pipeline.parse(query);
    const errors = pipeline.validate(schema, document) as readonly GraphQLError[];
    if (errors.length > 0) return errors;
    const asked = getOperationAST(document, operationName);
    if (asked == null) {
      return [errorOf("OPERATION_RESOLUTION_FAILURE", unnamedOperation)];
    }
    const contextValue = await pipeline.contextFactory();
    const args = { schema, document, operationName, variableValues: variables, contextValue };
    const answer =
      asked.operation === OperationTypeNode.SUBSCRIPTION ? pipeline.subscribe(args) : pipeline.execute(args);
    // Nothing in this schema answers a query with a stream.
    const result = (await answer) as ExecutionResult;
    const refusal = refusalIn(result);
    if (refusal !== null) return refusal;
    return { ...standIn, result, operation: taken.operation };
  } catch (error) {
    if (error instanceof GraphQLError) return [error];
    throw error;
  }
}

/** Stands in for an operation's own document and context, which hold all that was read for the answer. */
const standIn: ExecutionArgs = { schema, document: parse("subscription { __typename }") };

/** The errors of a result if all are about the request, not about a field; null for any other result. */
function refusalIn({ data, errors = [] }: ExecutionResult): readonly GraphQLError[] | null {
  return data === undefined && errors.length > 0 && errors.every(({ path }) => path === undefined)
    ? errors
    : null;
}
