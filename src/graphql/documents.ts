import type { DocumentNode } from "graphql";
import { createTextCache } from "./text-cache.ts";
import type { GraphQL } from "./yoga.ts";

type Pipeline = Pick<ReturnType<GraphQL["getEnveloped"]>, "schema" | "parse" | "validate">;

/** Reads a document by a request's own pipeline, made where it is needed; null for one that is refused. */
export type Documents = (text: string, pipeline: () => Pipeline) => DocumentNode | null;

/**
 * Documents as they were parsed, once they were found valid. What the plugins say of a document depends on its text
 * alone, so they are asked once for each text, and for each one that is refused as often as it comes.
 */
export function createDocuments(): Documents {
  const known = createTextCache<DocumentNode>();
  return (text, pipeline) => {
    const before = known.get(text);
    if (before !== undefined) return before;
    const document = read(text, pipeline());
    if (document !== null) known.set(text, document);
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
