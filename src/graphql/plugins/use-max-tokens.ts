import { GraphQLError, parse, type DocumentNode, type Source } from "graphql";
import type { Plugin } from "graphql-yoga";

/** Refuses documents of more than `maxTokens` tokens as they are parsed, before anything else reads them. */
export function useMaxTokens(maxTokens: number): Plugin {
  return {
    onParse({ params, setParseFn }) {
      setParseFn((source: string | Source): DocumentNode => {
        try {
          return parse(source, { ...params.options, maxTokens });
        } catch (error) {
          // The parser recurses: nested lists overflow the stack with fewer tokens than are allowed.
          throw error instanceof RangeError ? new GraphQLError("Syntax Error: Nested too deeply.") : error;
        }
      });
    },
  };
}
