import { codeOf } from "./error.ts";

/** Work on what is written that need not be done at once. */
export type IdleTask = {
  /** About how much of it there is. */
  readonly waiting: () => number;
  /** While more than this waits, a slice is done from time to time though writing goes on. */
  readonly mostWaiting: number;
  /**
   * Does a slice: some milliseconds and one transaction, so that whatever ends the process, what was is or what is to be.
   * True while there is more that is worth another one.
   */
  readonly slice: () => boolean;
};

export type Idle = Disposable & {
  /** To be called after each commit. */
  readonly wrote: () => void;
};

/** How long nothing must have been written. */
const idleMs = 100;

/**
 * Does the tasks, slice by slice, while the thread has nothing to write: a batch that comes meanwhile waits for one slice.
 * @param sliced slices may have been committed.
 */
export function startIdle(tasks: readonly IdleTask[], sliced: () => void): Idle {
  let wroteAt = -Infinity;
  let timer: NodeJS.Timeout | null = null;

  function plan(afterMs: number): void {
    timer ??= setTimeout(() => {
      timer = null;
      const isIdle = performance.now() - wroteAt >= idleMs;
      const tried = tasks.map((task) => tryOne(task, isIdle));
      if (tried.some((more) => more !== null)) sliced();
      if (tried.includes(true)) plan(1);
      else if (!isIdle) plan(idleMs);
    }, afterMs);
  }

  plan(idleMs);
  return {
    wrote() {
      wroteAt = performance.now();
      plan(idleMs);
    },
    [Symbol.dispose]: () => clearTimeout(timer ?? undefined),
  };
}

/** Does a slice of the task if it is its turn: true while there is more, null where it was not. */
function tryOne({ waiting, mostWaiting, slice }: IdleTask, isIdle: boolean): boolean | null {
  try {
    return isIdle || waiting() > mostWaiting ? slice() : null;
  } catch (error) {
    // The disk is full, or another process writes: what is not done now is done after another commit.
    if (codeOf(error) === null) throw error;
    return false;
  }
}
