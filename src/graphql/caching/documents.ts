import type { DocumentNode, GraphQLError, GraphQLSchema } from "graphql";
import type { Plugin } from "graphql-yoga";
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
  readonly known: KnownDocuments;
  /** What a client sees of an error. */
  readonly mask: (error: unknown) => GraphQLError;
};

/**
 * The documents that have been found valid, by their text. Of others only the last is kept, which Yoga is asked about
 * once more to answer it: an error holds on to the functions that led to it, and so to the request with its variables.
 */
export type KnownDocuments = {
  readonly find: (text: string) => DocumentNode | undefined;
  /** Has Yoga parse and validate no document that is known. */
  readonly plugin: Plugin;
};

export function createKnownDocuments(): KnownDocuments {
  const valid = createTextCache<DocumentNode>();
  const areValid = new WeakSet<DocumentNode>();
  let lastRefused: { readonly document: DocumentNode; readonly errors: readonly Error[] } | null = null;

  return {
    find: (text) => valid.get(text),
    plugin: {
      onParse({ params: { source }, setParsedDocument }) {
        const text = source.toString();
        const known = valid.get(text) ?? lastRefused?.document;
        if (known?.loc?.source.body === text) setParsedDocument(known);
      },
      onValidate({ params: { documentAST }, setResult }) {
        const document: DocumentNode = documentAST;
        if (areValid.has(document)) return setResult([]);
        if (lastRefused?.document === document) return setResult(lastRefused.errors);
        return ({ result: errors }) => {
          if (errors.length > 0) {
            lastRefused = { document, errors };
            return;
          }
          valid.set(document.loc!.source.body, document);
          areValid.add(document);
        };
      },
    },
  };
}

/** Passes a document through the pipeline if it is not known to be valid. */
export function createDocuments({ pipeline, known, mask }: DocumentsOptions): Documents {
  return (text) => {
    const found = known.find(text);
    if (found !== undefined) return { is: "valid", document: found };
    try {
      const document = pipeline.parse(text);
      const errors = pipeline.validate(schema, document);
      return errors.length > 0 ? { is: "refused", errors } : { is: "valid", document };
    } catch (error) {
      return { is: "refused", errors: [mask(error)] };
    }
  };
}
