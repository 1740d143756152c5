import {
  BREAK,
  getNamedType,
  TypeInfo,
  visit,
  visitWithTypeInfo,
  type DocumentNode,
  type GraphQLSchema,
} from "graphql";
import { rememberedByDocument } from "./remembered.ts";

/** For a field whose value may change while nothing is written: `extensions: dependsOnTime`. */
export const dependsOnTime = { dependsOnTime: true } as const;

/**
 * True if the answer may change merely because time passes: the document has a field marked `dependsOnTime`, or it or
 * the variables have a moment relative to now. Errs towards true.
 */
export function answerDependsOnTime(
  schema: GraphQLSchema,
  document: DocumentNode,
  variables: unknown,
): boolean {
  return documentDependsOnTime(document, schema) || hasDuration(variables);
}

const documentDependsOnTime = rememberedByDocument(readDocument);

function readDocument(document: DocumentNode, schema: GraphQLSchema): boolean {
  const types = new TypeInfo(schema);
  let depends = false;
  const found = () => {
    depends = true;
    return BREAK;
  };
  visit(
    document,
    visitWithTypeInfo(types, {
      Field: () => (types.getFieldDef()?.extensions["dependsOnTime"] === true ? found() : undefined),
      StringValue: ({ value }) =>
        getNamedType(types.getInputType())?.name === "DateTimeOrDuration" && isDuration(value)
          ? found()
          : undefined,
    }),
  );
  return depends;
}

/** The variables' types are not looked up: if a title looks like a duration, its answer is merely not cached. */
function hasDuration(value: unknown): boolean {
  if (typeof value === "string") return isDuration(value);
  return typeof value === "object" && value !== null && Object.values(value).some(hasDuration);
}

function isDuration(text: string): boolean {
  return /^\s*[+-]?P/i.test(text);
}
