import type { DocumentNode } from "graphql";
import { createTextCache } from "./text-cache.ts";
import type { GraphQL } from "../yoga.ts";

type Pipeline = Pick<ReturnType<GraphQL["getEnveloped"]>, "schema" | "parse" | "validate">;

/** Parses and validates a document with a pipeline, which is made only if needed; null if it is refused. */
export type Documents = (text: string, pipeline: () => Pipeline) => DocumentNode | null;

/**
 * A cache of the documents found valid, by their text. What the plugins say of a document depends on its text alone, so
 * they see each valid text once. A refused text is not cached.
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
