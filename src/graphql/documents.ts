import type { DocumentNode } from "graphql";
import type { GraphQL } from "./yoga.ts";

type Pipeline = Pick<ReturnType<GraphQL["getEnveloped"]>, "schema" | "parse" | "validate">;

/** Reads a document by a request's own pipeline, made where it is needed; null for one that is refused. */
export type Documents = (text: string, pipeline: () => Pipeline) => DocumentNode | null;

/** As many as Yoga remembers. */
const mostDocuments = 1024;

/**
 * Documents as they were parsed, once they were found valid. What the plugins say of a document depends on its text
 * alone, so they are asked once for each text, and for each one that is refused as often as it comes.
 */
export function createDocuments(): Documents {
  // A Map iterates in the order of insertion, so its first key is the longest unused.
  const known = new Map<string, DocumentNode>();
  return (text, pipeline) => {
    const document = known.get(text) ?? read(text, pipeline());
    if (document === null) return null;
    known.delete(text);
    known.set(text, document);
    if (known.size > mostDocuments) known.delete(known.keys().next().value!);
    return document;
  };
}

function read(text: string, { schema, parse, validate }: Pipeline): DocumentNode | null {
  try {
    const document: DocumentNode = parse(text);
    return validate(schema, document).length > 0 ? null : document;
  } catch {
    return null;
  }
}
