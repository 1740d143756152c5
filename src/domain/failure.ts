/** The store cannot be used now: disk full, locked by another process, database away. A retry is safe. */
export class StorageUnavailableError extends Error {
  override readonly name = "StorageUnavailableError";
}

/** The database refuses a statement of this program. That is a fault of the program, and a retry does not help. */
export class StoreFaultError extends Error {
  override readonly name = "StoreFaultError";
}

/** The queue of writes or reads is full. A retry may succeed. */
export class OverloadedError extends Error {
  override readonly name = "OverloadedError";
}

/** A read took longer than its time limit. A narrower one may succeed. */
export class ReadTimeoutError extends Error {
  override readonly name = "ReadTimeoutError";
}

/** A failure to read after which a retry may succeed. */
export type ReadFailure = StorageUnavailableError | OverloadedError | ReadTimeoutError;

export function isReadFailure(error: unknown): error is ReadFailure {
  return (
    error instanceof StorageUnavailableError ||
    error instanceof OverloadedError ||
    error instanceof ReadTimeoutError
  );
}
