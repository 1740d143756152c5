/** Ends what takes too long. */
export type Deadlines = {
  /**
   * Calls `expired` after the time that is given to each, unless what this returns is called before.
   *
   * @param since when that time began, in milliseconds of `performance.now`.
   */
  readonly begin: (expired: () => void, since: number) => () => void;
};

/** How many times they are looked at, in the time that each has: one comes late by that part of it at most. */
const looks = 20;

/**
 * One timer for all, because a timer for each takes longer than many a query does. It runs while anything is awaited.
 *
 * A plain array: whatever a Set lets go of as it grows leads to its later contents, and what is old keeps all of those
 * from the quick garbage collection.
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
