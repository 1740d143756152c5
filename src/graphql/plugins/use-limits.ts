import type { Plugin } from "graphql-yoga";
import type { DocumentLimits } from "../limits/document-limits.ts";

/**
 * Refuses documents that ask for too much, and subscriptions as Yoga begins them. `createOperations` checks those that
 * it begins, `createExecute` queries.
 */
export function useLimits({ refusalOfDocument, refusalOf }: DocumentLimits): Plugin {
  return {
    onValidate({ params: { documentAST, schema }, setResult }) {
      const refusal = refusalOfDocument(documentAST, schema);
      if (refusal !== null) setResult([refusal]);
    },
    onSubscribe({ args, setResultAndStopExecution }) {
      const refusal = refusalOf(args);
      if (refusal !== null) setResultAndStopExecution({ errors: [refusal] });
    },
  };
}
