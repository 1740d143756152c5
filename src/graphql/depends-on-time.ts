import {
  BREAK,
  getNamedType,
  TypeInfo,
  visit,
  visitWithTypeInfo,
  type DocumentNode,
  type GraphQLSchema,
} from "graphql";

/** For a field whose value may change while nothing is written: `extensions: dependsOnTime`. */
export const dependsOnTime = { dependsOnTime: true } as const;

/**
 * True when the answer may change by time passing alone: the document has a field marked `dependsOnTime`, or it or the
 * variables have a moment relative to now. Errs towards true.
 */
export function answerDependsOnTime(
  schema: GraphQLSchema,
  document: DocumentNode,
  variables: unknown,
): boolean {
  return documentDependsOnTime(schema, document) || hasDuration(variables);
}

const known = new WeakMap<DocumentNode, boolean>();

function documentDependsOnTime(schema: GraphQLSchema, document: DocumentNode): boolean {
  const answer = known.get(document) ?? readDocument(schema, document);
  known.set(document, answer);
  return answer;
}

function readDocument(schema: GraphQLSchema, document: DocumentNode): boolean {
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

/** What these variables are of is not looked up: a title that begins like a duration is only not remembered. */
function hasDuration(value: unknown): boolean {
  if (typeof value === "string") return isDuration(value);
  return typeof value === "object" && value !== null && Object.values(value).some(hasDuration);
}

function isDuration(text: string): boolean {
  return /^\s*[+-]?P/i.test(text);
}
