/** Shares the event loop: long work does its steps in turns, and lets everything else run in between. */
export type Turns = {
  /** Counts one step. Null to go on at once; a promise of the event loop's next turn when this one has had its share. */
  readonly step: () => Promise<void> | null;
};

export type TurnsOptions = {
  /** Most steps in one turn, of all who share it. */
  readonly most: number;
  /** Once they have taken so long, no other begins in it: what an operation does in a step may take a thousand times another's. */
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
