import { GraphQLError, Kind, OperationTypeNode, type DirectiveNode, type DocumentNode } from "graphql";
import type { Plugin } from "graphql-yoga";
import { documentFault, type ErrorCode } from "../errors.ts";
import { selectionsIn } from "../selections.ts";

/**
 * Refuses `@skip` and `@include` on the field of a subscription, as GraphQL does since September 2025 (5.2.4.1).
 * graphql-js lets them through, and then throws: there is no field to subscribe to, or no value yet for a variable.
 */
export function useWholeSubscriptions(): Plugin {
  return {
    onValidate({ params: { documentAST }, setResult }) {
      const nodes = conditionsOfRoots(documentAST);
      if (nodes.length > 0) setResult([refusal(nodes)]);
    },
  };
}

function refusal(nodes: readonly DirectiveNode[]): GraphQLError {
  const code: ErrorCode = "GRAPHQL_VALIDATION_FAILED";
  const message = "The field of a subscription must not have @skip or @include.";
  return new GraphQLError(message, { nodes, extensions: { code, ...documentFault } });
}

function conditionsOfRoots(document: DocumentNode): readonly DirectiveNode[] {
  const selections = document.definitions.flatMap((one) =>
    one.kind === Kind.OPERATION_DEFINITION && one.operation === OperationTypeNode.SUBSCRIPTION
      ? selectionsIn(one.selectionSet, document)
      : [],
  );
  const directives = selections.flatMap((selection) => selection.directives ?? []);
  return directives.filter(({ name: { value } }) => value === "skip" || value === "include");
}
