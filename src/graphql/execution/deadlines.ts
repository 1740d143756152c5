/** Ends what takes too long. */
export type Deadlines = {
  /** Calls `expired` after the time that is given to each, unless what this returns is called before. */
  readonly begin: (expired: () => void) => () => void;
};

/** How many times they are looked at, in the time that each has: one comes late by that part of it at most. */
const looks = 20;

/** One timer for all, because a timer for each takes longer than many a query does. It runs while anything is awaited. */
export function createDeadlines(milliseconds: number): Deadlines {
  type Deadline = { readonly at: number; readonly expired: () => void };
  // In the order in which they begin, which is that in which they end.
  const open = new Set<Deadline>();
  let timer: NodeJS.Timeout | null = null;

  function look(): void {
    const now = performance.now();
    for (const deadline of open) {
      if (deadline.at > now) return;
      open.delete(deadline);
      deadline.expired();
    }
    if (timer !== null) clearInterval(timer);
    timer = null;
  }

  return {
    begin(expired) {
      const deadline = { at: performance.now() + milliseconds, expired };
      open.add(deadline);
      timer ??= setInterval(look, Math.max(1, milliseconds / looks));
      return () => open.delete(deadline);
    },
  };
}
