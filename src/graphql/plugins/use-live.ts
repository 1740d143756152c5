import type { Plugin } from "graphql-yoga";
import type { Asking, Context } from "../context.ts";
import type { Subscribe } from "../live/subscribe.ts";

/**
 * Hands a subscription that can begin to `Asking.take`, for the fan-out to serve; the answer is then a stream that ends
 * at once. A subscription that cannot begin is answered with errors.
 */
export function useLive(subscribe: Subscribe): Plugin<Asking & Context> {
  return {
    onSubscribe({ setSubscribeFn }) {
      setSubscribeFn(async (args) => {
        const begun = await subscribe(args);
        if (!("key" in begun)) return begun;
        // graphql-js lets a context be anything.
        (args.contextValue as Asking).take(begun);
        return nothing();
      });
    },
  };
}

async function* nothing(): AsyncGenerator<never> {}
