import {
  GraphQLError,
  Kind,
  OperationTypeNode,
  type DirectiveNode,
  type DocumentNode,
  type SelectionSetNode,
} from "graphql";
import type { Plugin } from "graphql-yoga";
import { documentFault, type ErrorCode } from "../errors.ts";

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
  const found: DirectiveNode[] = [];
  const spread = new Set<string>();

  function read({ selections }: SelectionSetNode): void {
    for (const selection of selections) {
      const { directives = [] } = selection;
      found.push(...directives.filter(({ name: { value } }) => value === "skip" || value === "include"));
      if (selection.kind === Kind.INLINE_FRAGMENT) read(selection.selectionSet);
      else if (selection.kind === Kind.FRAGMENT_SPREAD) readFragment(selection.name.value);
    }
  }
  function readFragment(name: string): void {
    if (spread.has(name)) return;
    spread.add(name);
    for (const one of document.definitions)
      if (one.kind === Kind.FRAGMENT_DEFINITION && one.name.value === name) read(one.selectionSet);
  }

  for (const one of document.definitions)
    if (one.kind === Kind.OPERATION_DEFINITION && one.operation === OperationTypeNode.SUBSCRIPTION)
      read(one.selectionSet);
  return found;
}
