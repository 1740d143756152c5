import { GraphQLError, OperationTypeNode, type ValidationRule } from "graphql";
import type { Plugin } from "graphql-yoga";

/** Refuses mutations, which the schema does not have, as invalid: graphql-js finds them valid and throws later. */
export function useNoMutations(): Plugin {
  return {
    onValidate({ addValidationRule }) {
      addValidationRule(noMutations);
    },
  };
}

const noMutations: ValidationRule = (context) => ({
  OperationDefinition(node) {
    if (node.operation === OperationTypeNode.MUTATION)
      context.reportError(
        new GraphQLError("There are no mutations: the schema only reads.", { nodes: node }),
      );
  },
});
