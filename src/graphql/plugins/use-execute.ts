import type { Plugin } from "graphql-yoga";
import type { Execute } from "../execution/execute.ts";

/** Has operations executed by what `over` makes of Yoga's own executor. */
export function useExecute(over: (executeQuery: Execute) => Execute): Plugin {
  let execute: Execute | undefined;
  return {
    onExecute({ executeFn, setExecuteFn }) {
      // Yoga has one, and no other plugin brings another.
      execute ??= over(executeFn as Execute);
      setExecuteFn(execute);
    },
  };
}
