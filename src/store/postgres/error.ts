import pg from "pg";
import { ReadTimeoutError, StorageUnavailableError } from "../../domain/failure.ts";

/** PostgreSQL's five letters for what went wrong; null for an error of another kind. */
export function codeOf(error: unknown): string | null {
  if (error instanceof pg.DatabaseError) return error.code ?? null;
  return error instanceof Error && error.cause !== undefined ? codeOf(error.cause) : null;
}

/** statement_timeout has ended the statement (`query_canceled`). */
const canceled = "57014";

/** What a question that the database did not answer is answered with. */
export function failureFrom(error: unknown): StorageUnavailableError | ReadTimeoutError {
  if (codeOf(error) === canceled)
    return new ReadTimeoutError("Not answered within the time that a question may take.", { cause: error });
  return new StorageUnavailableError("The store could not be read.", { cause: error });
}

/** The failure that `failureFrom` made of an error, however deep it is in what Drizzle made of that; null without one. */
export function failureIn(error: unknown): Error | null {
  if (error instanceof StorageUnavailableError || error instanceof ReadTimeoutError) return error;
  return error instanceof Error && error.cause !== undefined ? failureIn(error.cause) : null;
}

/**
 * True where it is the values that the database refuses: data exceptions, broken constraints, and what is larger than
 * it holds. They are refused again however often they are sent.
 */
export function isOfValues(error: unknown): boolean {
  return /^(?:22|23|54)/.test(codeOf(error) ?? "");
}
