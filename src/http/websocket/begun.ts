import { parse, type ExecutionArgs, type ExecutionResult, type GraphQLError } from "graphql";
import type { Viewer } from "../../domain/viewer.ts";
import type { LiveOperation } from "../../graphql/live/live-operation.ts";
import type { Params } from "../../graphql/params.ts";
import type { Client } from "../../graphql/reading/waiting.ts";
import { schema } from "../../graphql/schema.ts";
import type { GraphQL } from "../../graphql/yoga.ts";

/** An operation that was not refused. graphql-ws holds it until the operation has ended. */
export type Begun = ExecutionArgs & {
  /** The subscription; null if it cannot begin, for any other operation, and once it is served. */
  operation: LiveOperation | null;
  /** What to send if there is no `operation`; empty once it is sent. */
  result: ExecutionResult;
};

/**
 * Executes an operation; returns its errors if it is refused. This happens before graphql-ws executes it: only
 * execution shows whether the variables are valid and what they ask for, and a refusal has to be sent as an `error`.
 */
export async function begin(
  { operationOf }: Pick<GraphQL, "operationOf">,
  viewer: Viewer,
  client: Client,
  params: Params,
): Promise<Begun | readonly GraphQLError[]> {
  const operation = operationOf(params);
  const begun =
    operation.is === "refused" ? operation : await operation.begin({ viewer, lastEventId: null, client });
  switch (begun.is) {
    case "refused":
      return begun.errors;
    case "answered":
      return { ...standIn, result: begun.result, operation: null };
    case "subscribed":
      return { ...standIn, result: {}, operation: begun.operation };
  }
}

/** Stands in for an operation's own document and context, which hold all that was read for the answer. */
const standIn: ExecutionArgs = { schema, document: parse("subscription { __typename }") };
