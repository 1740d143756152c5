import pg from "pg";
import {
  isReadFailure,
  OverloadedError,
  type ReadFailure,
  ReadTimeoutError,
  StorageUnavailableError,
  StoreFaultError,
} from "../../domain/failure.ts";

/** PostgreSQL's own error, also as a cause of another one, however deep; null if there is none. */
function databaseErrorIn(error: unknown): pg.DatabaseError | null {
  if (error instanceof pg.DatabaseError) return error;
  return error instanceof Error && error.cause !== undefined ? databaseErrorIn(error.cause) : null;
}

/** PostgreSQL's SQLSTATE of what went wrong; null for an error of another kind. */
export function codeOf(error: unknown): string | null {
  return databaseErrorIn(error)?.code ?? null;
}

/** statement_timeout has ended the statement (`query_canceled`). */
const canceled = "57014";

/** A lock was not granted within lock_timeout (`lock_not_available`). */
export const lockNotAvailable = "55P03";

/** The role may not do what was asked (`insufficient_privilege`). */
export const notPermitted = "42501";

/** What a question fails with if the database does not answer it. */
export function mappedFailure(error: unknown): ReadFailure {
  if (error instanceof OverloadedError) return error;
  if (codeOf(error) === canceled)
    return new ReadTimeoutError("Not answered within the time that a question may take.", { cause: error });
  return new StorageUnavailableError("The store could not be read.", { cause: error });
}

/** The failure that `mappedFailure` made, also as a cause of Drizzle's error, however deep; null if there is none. */
export function failureWithin(error: unknown): ReadFailure | null {
  if (isReadFailure(error)) return error;
  return error instanceof Error && error.cause !== undefined ? failureWithin(error.cause) : null;
}

/**
 * Awaits an answer through Drizzle. If it fails, throws what `mappedFailure` made of the error: Drizzle's own error
 * holds the statement and its values.
 */
export async function answered<Answer>(asked: PromiseLike<Answer>): Promise<Answer> {
  try {
    return await asked;
  } catch (error) {
    throw failureWithin(error) ?? error;
  }
}

/**
 * As `failureWithin`, but StoreFaultError if the database refuses a question's text or its values. A missing privilege
 * (`insufficient_privilege`) does not count as that: somebody else can grant it.
 */
export function questionFailure(error: unknown): Error | null {
  return /^(?:22|42(?!501)|54)/.test(codeOf(error) ?? "")
    ? new StoreFaultError("The database refused a question.", { cause: databaseErrorIn(error) })
    : failureWithin(error);
}

/**
 * True if the database refuses the values: data exceptions, broken constraints, and what is larger than it holds. They
 * would be refused again however often they are sent.
 */
export function isOfValues(error: unknown): boolean {
  return /^(?:22|23|54)/.test(codeOf(error) ?? "");
}
