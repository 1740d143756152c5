import type { Plugin } from "graphql-yoga";
import type { Execute } from "../execution/execute.ts";

/** Makes `execute` execute operations, in place of Yoga's own executor. */
export function useExecute(execute: Execute): Plugin {
  return {
    onExecute({ setExecuteFn }) {
      setExecuteFn(execute);
    },
  };
}
