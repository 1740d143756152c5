import type { DocumentNode, GraphQLError, GraphQLSchema } from "graphql";
import { schema } from "../schema.ts";
import { createTextCache } from "./text-cache.ts";

/** Errors that are about the request as a whole. */
export type Refused = { readonly is: "refused"; readonly errors: readonly GraphQLError[] };

/** Parses and validates a document. */
export type Documents = (text: string) => { readonly is: "valid"; readonly document: DocumentNode } | Refused;

export type DocumentsOptions = {
  /** Yoga's, with all plugins. What they say of a document depends on its text alone. */
  readonly pipeline: {
    readonly parse: (text: string) => DocumentNode;
    readonly validate: (schema: GraphQLSchema, document: DocumentNode) => readonly GraphQLError[];
  };
  /** What a client sees of an error. */
  readonly mask: (error: unknown) => GraphQLError;
};

/**
 * Passes each valid document through the pipeline once, as long as it is kept. Others are not kept, nor are their
 * errors: an error holds on to the functions that led to it, and so to the request with its variables.
 */
export function createDocuments({ pipeline, mask }: DocumentsOptions): Documents {
  const valid = createTextCache<DocumentNode>();
  return (text) => {
    const known = valid.get(text);
    if (known !== undefined) return { is: "valid", document: known };
    try {
      const document = pipeline.parse(text);
      const errors = pipeline.validate(schema, document);
      if (errors.length > 0) return { is: "refused", errors };
      valid.set(text, document);
      return { is: "valid", document };
    } catch (error) {
      return { is: "refused", errors: [mask(error)] };
    }
  };
}
