import { GraphQLError, parse, type DocumentNode, type Source } from "graphql";
import type { Plugin } from "graphql-yoga";

/** Refuses documents of more than so many tokens, before anything of them is nested or compared. */
export function useMaxTokens(maxTokens: number): Plugin {
  return {
    onParse({ params, setParseFn }) {
      setParseFn((source: string | Source): DocumentNode => {
        try {
          return parse(source, { ...params.options, maxTokens });
        } catch (error) {
          // The parser recurses, and lists of lists exhaust the stack within fewer tokens than are allowed.
          throw error instanceof RangeError ? new GraphQLError("Syntax Error: Nested too deeply.") : error;
        }
      });
    },
  };
}
