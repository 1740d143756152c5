import type { ExecutionResult, GraphQLError, GraphQLFormattedError } from "graphql";

/** A result as clients get it, without what only HTTP needs to know of its errors. */
export function serialised({ errors, ...rest }: ExecutionResult): string {
  return JSON.stringify(errors === undefined ? rest : { errors: errors.map(formatted), ...rest });
}

/** An error as clients get it. */
export function formatted(error: GraphQLError): GraphQLFormattedError {
  const { extensions, ...told } = error.toJSON();
  if (extensions === undefined) return told;
  const { http: _, ...others } = extensions;
  return { ...told, extensions: others };
}
