import type { ExecutionResult, FormattedExecutionResult, GraphQLError, GraphQLFormattedError } from "graphql";

/** `ExecutionResult` as graphql-js and those around it have it: with what is not given left out or undefined. */
type AnyResult = { readonly [Name in keyof ExecutionResult]: ExecutionResult[Name] | undefined };

/** A result as clients get it, as text. */
export function serialised(result: ExecutionResult): string {
  return JSON.stringify(formattedResult(result));
}

/** A result as clients get it, without what only HTTP needs to know of its errors. */
function formattedResult({ errors, data, extensions }: AnyResult): FormattedExecutionResult {
  return {
    ...(errors === undefined ? {} : { errors: errors.map(formatted) }),
    ...(data === undefined ? {} : { data }),
    ...(extensions === undefined ? {} : { extensions }),
  };
}

/** An error as clients get it. */
export function formatted(error: GraphQLError): GraphQLFormattedError {
  const { extensions, ...told } = error.toJSON();
  if (extensions === undefined) return told;
  const { http: _, ...others } = extensions;
  return { ...told, extensions: others };
}
