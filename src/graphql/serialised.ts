import type { ExecutionResult, FormattedExecutionResult, GraphQLError, GraphQLFormattedError } from "graphql";

/** `ExecutionResult` with absent parts left out or undefined: graphql-js and other libraries do either. */
type AnyResult = { readonly [Name in keyof ExecutionResult]: ExecutionResult[Name] | undefined };

/** A result as clients get it, as JSON text. */
export function serialised(result: ExecutionResult): string {
  return JSON.stringify(formattedResult(result));
}

/** A result as clients get it, without the extension `http` of its errors. */
function formattedResult({ errors, data, extensions }: AnyResult): FormattedExecutionResult {
  return {
    ...(errors === undefined ? {} : { errors: errors.map(formatted) }),
    ...(data === undefined ? {} : { data }),
    ...(extensions === undefined ? {} : { extensions }),
  };
}

/** An error as clients get it, without its extension `http`. */
export function formatted(error: GraphQLError): GraphQLFormattedError {
  const { extensions, ...told } = error.toJSON();
  if (extensions === undefined) return told;
  const { http: _, ...others } = extensions;
  return { ...told, extensions: others };
}
