/** A signal that aborts with the reason given once `reset` has not been called for `ms` milliseconds. */
export function createWatchdog(ms: number, reason: () => Error) {
  const bitten = new AbortController();
  const bite = () => bitten.abort(reason());
  let timer = setTimeout(bite, ms);
  return {
    signal: bitten.signal,
    reset() {
      clearTimeout(timer);
      timer = setTimeout(bite, ms);
    },
    [Symbol.dispose]: () => clearTimeout(timer),
  };
}
