/** Ends what takes too long. */
export type Deadlines = {
  /**
   * Calls `expired` once the time allowed is over, unless the returned function is called first.
   *
   * @param since when that time began, in milliseconds of `performance.now`.
   */
  readonly begin: (expired: () => void, since: number) => () => void;
};

/** How often deadlines are checked in the time that each has. One expires at most that fraction of its time late. */
const looks = 20;

/**
 * One timer for all deadlines, because a timer for each takes longer than many a query. It runs while any is open.
 *
 * They are in an array, not a Set. When a Set grows, its old table keeps a reference to the new one. Once the old table
 * is in the old generation, minor garbage collections cannot free what the Set has held since.
 *
 * @param milliseconds the time that each is allowed.
 */
export function createDeadlines(milliseconds: number): Deadlines {
  type Deadline = { readonly at: number; readonly expired: () => void; place: number };
  const open: Deadline[] = [];
  let timer: NodeJS.Timeout | null = null;

  function close(deadline: Deadline): void {
    if (open[deadline.place] !== deadline) return;
    const last = open.pop()!;
    if (last === deadline) return;
    last.place = deadline.place;
    open[last.place] = last;
  }

  function look(): void {
    const now = performance.now();
    for (const deadline of open.filter(({ at }) => at <= now)) {
      close(deadline);
      deadline.expired();
    }
    if (open.length > 0 || timer === null) return;
    clearInterval(timer);
    timer = null;
  }

  return {
    begin(expired, since) {
      const deadline: Deadline = { at: since + milliseconds, expired, place: open.length };
      open.push(deadline);
      timer ??= setInterval(look, Math.max(1, milliseconds / looks));
      return () => close(deadline);
    },
  };
}
