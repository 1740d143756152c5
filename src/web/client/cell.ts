import { useEffect, useReducer } from "preact/hooks";

/** An observable value. Setting the value that it has already notifies nobody. */
export type Cell<Value> = {
  readonly get: () => Value;
  readonly set: (value: Value) => void;
  /** Calls back after each change until the returned function is called. */
  readonly watch: (changed: () => void) => () => void;
};

export function createCell<Value>(initial: Value): Cell<Value> {
  let value = initial;
  const watchers = new Set<() => void>();
  return {
    get: () => value,
    set(next) {
      if (Object.is(next, value)) return;
      value = next;
      for (const changed of watchers) changed();
    },
    watch(changed) {
      watchers.add(changed);
      return () => watchers.delete(changed);
    },
  };
}

/** The cell's value. The component renders again when it changes, once for all changes of one frame. */
export function useCell<Value>(cell: Pick<Cell<Value>, "get" | "watch">): Value {
  const [, renderAgain] = useReducer<number, void>((count) => count + 1, 0);
  useEffect(() => {
    renderAgain();
    return cell.watch(() => renderAgain());
  }, [cell]);
  return cell.get();
}
