/**
 * Resolves once `begin`'s callback is called; rejects with the signal's reason once that aborts. In both cases it calls
 * the function that `begin` returned.
 */
export async function until(signal: AbortSignal, begin: (done: () => void) => () => void): Promise<void> {
  signal.throwIfAborted();
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const aborted = () => reject(signal.reason);
  signal.addEventListener("abort", aborted);
  const end = begin(resolve);
  try {
    await promise;
  } finally {
    end();
    signal.removeEventListener("abort", aborted);
  }
}

/** Resolves after `ms` milliseconds; rejects with the signal's reason once that aborts. */
export function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return until(signal, (done) => {
    const timer = setTimeout(done, ms);
    return () => clearTimeout(timer);
  });
}
