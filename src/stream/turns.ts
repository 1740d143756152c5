/** Shares the event loop: long work is done in steps, and everything else runs in between. */
export type Turns = {
  /** Counts one step. Null if work may go on at once; if this turn's share is used up, a promise of the next turn. */
  readonly step: () => Promise<void> | null;
};

type TurnsOptions = {
  /** Most steps in one turn of the event loop, of all who share it. */
  readonly most: number;
  /** No step begins once those of the turn have taken this long: one may take a thousand times as long as another. */
  readonly shareMs?: number;
  /** Milliseconds of a clock that never goes back. */
  readonly now?: () => number;
};

export function createTurns({
  most,
  shareMs = 2,
  now = performance.now.bind(performance),
}: TurnsOptions): Turns {
  let left = most;
  /** When the first step of this turn was counted; null while none has been. */
  let begunAt: number | null = null;
  let next: Promise<void> | null = null;

  function begin(): number {
    setImmediate(() => {
      begunAt = null;
      left = most;
    });
    return (begunAt = now());
  }

  return {
    step() {
      if (next !== null) return next;
      if (left > 0 && now() - (begunAt ?? begin()) < shareMs) {
        left -= 1;
        return null;
      }
      next = new Promise((resolve) => {
        setImmediate(() => {
          next = null;
          resolve();
        });
      });
      return next;
    },
  };
}
