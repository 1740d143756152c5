import type { Maintenance } from "../store/maintenance.ts";
import { createProgressBar } from "../terminal/progress.ts";
import { ownStore } from "./from-settings.ts";

export type ErasingOptions = {
  readonly open: () => Promise<Maintenance>;
  /** Epoch milliseconds. */
  readonly now: () => number;
  readonly print: (line: string) => void;
};

/** Erases from the gateway's own store, and prints to standard output. */
export const erasingOwn: ErasingOptions = {
  open: () => ownStore().openExisting(),
  now: Date.now,
  print: console.log,
};

/** Repeats `step` until it finds nothing more to do. Returns how much was done in all. */
export async function allOf(what: string, step: () => Promise<number>): Promise<number> {
  using bar = createProgressBar(what, process.stderr);
  let done = 0;
  for (let more = await step(); more > 0; more = await step()) bar.update((done += more), done);
  bar.clear();
  return done;
}

/** Erases what earlier steps have left for later, those of an interrupted command included. */
export async function finish(store: Maintenance, print: ErasingOptions["print"]): Promise<void> {
  await allOf("erasing", store.eraseSetAside);
  if (await store.sweep()) return;
  print(
    "Another process is reading the database: until it has finished and the gateway has been restarted, the files may still contain what was erased.",
  );
}
