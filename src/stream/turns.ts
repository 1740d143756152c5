/** Shares the event loop: long work does its steps in turns, and lets everything else run in between. */
export type Turns = {
  /** Counts one step. Null to go on at once; a promise of the event loop's next turn when this one has had its share. */
  readonly step: () => Promise<void> | null;
};

/** @param most steps in one turn, of all who share it. */
export function createTurns(most: number): Turns {
  let left = most;
  let next: Promise<void> | null = null;
  return {
    step() {
      if (left > 0) {
        left -= 1;
        return null;
      }
      next ??= new Promise((resolve) => {
        setImmediate(() => {
          left = most;
          next = null;
          resolve();
        });
      });
      return next;
    },
  };
}
