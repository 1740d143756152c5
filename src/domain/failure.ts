/** The store cannot write now: disk full, locked by another process, database away. The same delivery may be sent again. */
export class StorageUnavailableError extends Error {
  override readonly name = "StorageUnavailableError";
}

/** The database refuses what this program asks it: a fault of the program's own, and asking again does not help. */
export class StoreFaultError extends Error {
  override readonly name = "StoreFaultError";
}

/** More waits to be written, or to be read, than the queue holds. The same may be asked again. */
export class OverloadedError extends Error {
  override readonly name = "OverloadedError";
}

/** The answer was not there within the time that one question may take. A narrower one may be answered. */
export class ReadTimeoutError extends Error {
  override readonly name = "ReadTimeoutError";
}

/** Why a question was not answered that may be answered when it is asked again. */
export type ReadFailure = StorageUnavailableError | OverloadedError | ReadTimeoutError;

export function isReadFailure(error: unknown): error is ReadFailure {
  return (
    error instanceof StorageUnavailableError ||
    error instanceof OverloadedError ||
    error instanceof ReadTimeoutError
  );
}
