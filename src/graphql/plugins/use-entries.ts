import type { Plugin } from "graphql-yoga";
import type { Context } from "../context.ts";
import { subscribeToEntries } from "../execute-entry.ts";

/** Runs subscriptions with a context for each entry of the log that they tell. */
export function useEntries(): Plugin<Context> {
  return {
    onSubscribe({ setSubscribeFn }) {
      setSubscribeFn(subscribeToEntries);
    },
  };
}
