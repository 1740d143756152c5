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
          throw refusalOf(error, maxTokens);
        }
      });
    },
  };
}

function refusalOf(error: unknown, maxTokens: number): unknown {
  // The parser recurses: nested lists overflow the stack with fewer tokens than are allowed.
  if (error instanceof RangeError) return new GraphQLError("Syntax Error: Nested too deeply.");
  if (!(error instanceof GraphQLError) || !error.message.includes("tokens. Parsing aborted")) return error;
  const { source = null, positions = null } = error;
  const message = `The document has more tokens than the ${maxTokens} that are allowed.`;
  return new GraphQLError(message, { source, positions });
}
