/** Wakes those who wait when something may have happened. It carries no data: each looks for itself. */
export type Bell = {
  /** How often it has rung. Read this number before you look, then wait for the next ring after it. */
  readonly rings: number;
  readonly ring: () => void;
  /**
   * Resolves once the bell has rung more often than `heard`: at once if it has already. Also resolves when the signal
   * aborts, or when `withinMs` milliseconds have passed.
   */
  readonly after: (heard: number, signal: AbortSignal, withinMs?: number) => Promise<void>;
};

export function createBell(): Bell {
  let rings = 0;
  const waiting = new Set<() => void>();
  return {
    get rings() {
      return rings;
    },
    ring() {
      rings += 1;
      for (const wake of waiting) wake();
    },
    after(heard, signal, withinMs) {
      if (rings > heard || signal.aborted) return Promise.resolve();
      return new Promise((resolve) => {
        const timer = withinMs === undefined ? undefined : setTimeout(wake, withinMs);
        function wake(): void {
          clearTimeout(timer);
          waiting.delete(wake);
          signal.removeEventListener("abort", wake);
          resolve();
        }
        waiting.add(wake);
        signal.addEventListener("abort", wake);
      });
    },
  };
}
