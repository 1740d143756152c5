import { codeOf } from "./error.ts";

/** Work on stored data that can wait until nothing is being written. */
export type IdleTask = {
  /** About how much work waits. */
  readonly waiting: () => number;
  /** While more than this waits, a slice is done from time to time even if writing goes on. */
  readonly mostWaiting: number;
  /**
   * Does one slice: one transaction of some milliseconds, so that a crash leaves it done or not begun. True while
   * enough is left for another slice.
   */
  readonly slice: () => boolean;
};

type IdleWork = Disposable & {
  /** To be called after each commit. */
  readonly wrote: () => void;
};

/** How long nothing must have been written for the thread to be idle. */
const idleMs = 100;

/**
 * Does the tasks, slice by slice, while the thread has nothing to write. A batch that arrives meanwhile waits for at
 * most one slice of each task.
 * @param sliced called once slices may have been committed.
 */
export function startIdleWork(tasks: readonly IdleTask[], sliced: () => void): IdleWork {
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

/** Does a slice of the task if it is its turn. True while there is more, null if it was not its turn. */
function tryOne({ waiting, mostWaiting, slice }: IdleTask, isIdle: boolean): boolean | null {
  try {
    return isIdle || waiting() > mostWaiting ? slice() : null;
  } catch (error) {
    // The disk is full, or another process writes: the work is done after a later commit.
    if (codeOf(error) === null) throw error;
    return false;
  }
}
