import type { DocumentNode, GraphQLError, GraphQLSchema } from "graphql";
import type { LRUCache } from "lru-cache";
import { schema } from "../schema.ts";

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
  /** Where the pipeline keeps the documents that it has parsed. */
  readonly parsed: LRUCache<string, DocumentNode>;
  /** What a client sees of an error. */
  readonly mask: (error: unknown) => GraphQLError;
};

/** Passes each document that is found valid through the pipeline once, as long as it is kept there. */
export function createDocuments({ pipeline, parsed, mask }: DocumentsOptions): Documents {
  const valid = new WeakSet<DocumentNode>();
  return (text) => {
    const known = parsed.get(text);
    if (known !== undefined && valid.has(known)) return { is: "valid", document: known };
    try {
      const document = pipeline.parse(text);
      const errors = pipeline.validate(schema, document);
      if (errors.length > 0) return { is: "refused", errors };
      valid.add(document);
      return { is: "valid", document };
    } catch (error) {
      return { is: "refused", errors: [mask(error)] };
    }
  };
}
