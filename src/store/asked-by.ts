import { AsyncLocalStorage } from "node:async_hooks";

/** Calls `ask`: what it asks of a store, at once or later, is asked by this client. */
export type AskedBy = <Answer>(client: string, ask: () => Answer) => Answer;

const asking = new AsyncLocalStorage<string>();

export const askedBy: AskedBy = (client, ask) => asking.run(client, ask);

/** Who asks; those of whom nobody has said are one together. */
export function whoAsks(): string {
  return asking.getStore() ?? "";
}
