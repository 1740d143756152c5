import pg from "pg";
import {
  isReadFailure,
  OverloadedError,
  type ReadFailure,
  ReadTimeoutError,
  StorageUnavailableError,
  StoreFaultError,
} from "../../domain/failure.ts";

/** PostgreSQL's own error, however deep it is in what was made of it; null without one. */
function databaseErrorIn(error: unknown): pg.DatabaseError | null {
  if (error instanceof pg.DatabaseError) return error;
  return error instanceof Error && error.cause !== undefined ? databaseErrorIn(error.cause) : null;
}

/** PostgreSQL's five letters for what went wrong; null for an error of another kind. */
export function codeOf(error: unknown): string | null {
  return databaseErrorIn(error)?.code ?? null;
}

/** statement_timeout has ended the statement (`query_canceled`). */
const canceled = "57014";

/** A lock was not had in the time that it may be waited for (`lock_not_available`). */
export const lockNotAvailable = "55P03";

/** The role may not do what was asked (`insufficient_privilege`). */
export const notPermitted = "42501";

/** What a question that the database did not answer is answered with. */
export function failureFrom(error: unknown): ReadFailure {
  if (error instanceof OverloadedError) return error;
  if (codeOf(error) === canceled)
    return new ReadTimeoutError("Not answered within the time that a question may take.", { cause: error });
  return new StorageUnavailableError("The store could not be read.", { cause: error });
}

/** The failure that `failureFrom` made of an error, however deep it is in what Drizzle made of that; null without one. */
export function failureIn(error: unknown): ReadFailure | null {
  if (isReadFailure(error)) return error;
  return error instanceof Error && error.cause !== undefined ? failureIn(error.cause) : null;
}

/**
 * The answer to what was asked through Drizzle, which is not to fail as Drizzle does, with the statement and its values,
 * but with what `failureFrom` made of it.
 */
export async function answered<Answer>(asked: PromiseLike<Answer>): Promise<Answer> {
  try {
    return await asked;
  } catch (error) {
    throw failureIn(error) ?? error;
  }
}

/**
 * As `failureIn`, of a question: StoreFaultError where the database refuses its text or its values. Not for the right to
 * ask it (`insufficient_privilege`), which somebody else can give.
 */
export function failureInQuestion(error: unknown): Error | null {
  return /^(?:22|42(?!501)|54)/.test(codeOf(error) ?? "")
    ? new StoreFaultError("The database refused a question.", { cause: databaseErrorIn(error) })
    : failureIn(error);
}

/**
 * True where it is the values that the database refuses: data exceptions, broken constraints, and what is larger than
 * it holds. They are refused again however often they are sent.
 */
export function isOfValues(error: unknown): boolean {
  return /^(?:22|23|54)/.test(codeOf(error) ?? "");
}
