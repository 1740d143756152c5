import { AsyncLocalStorage } from "node:async_hooks";

/** Calls `ask`, and attributes to this client whatever it asks of a store, at once or later. */
export type AskedBy = <Answer>(client: string, ask: () => Answer) => Answer;

const asking = new AsyncLocalStorage<string>();

export const askedBy: AskedBy = (client, ask) => asking.run(client, ask);

/** The client that asks; the empty string if none is known, so that all of those count as one client. */
export function whoAsks(): string {
  return asking.getStore() ?? "";
}
