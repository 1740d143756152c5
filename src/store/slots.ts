import { createWaitingLine, type WaitingLineOptions } from "./waiting-line.ts";

export type SlotsOptions = WaitingLineOptions & {
  /** Most slots that are taken at once. */
  readonly atOnce: number;
};

/** Lets few do something at once, and others wait until one of them is done. */
export type Slots = {
  /**
   * A slot, which is free again once it is disposed; it is to be disposed once.
   * @throws as `WaitingLine.wait` does.
   */
  readonly take: () => Promise<Disposable>;
};

export function createSlots({ atOnce, ...options }: SlotsOptions): Slots {
  const line = createWaitingLine<void>(options);
  let taken = 0;
  return {
    async take() {
      if (taken < atOnce) taken += 1;
      // Whoever is done gives its slot on.
      else await line.wait();
      return {
        [Symbol.dispose]() {
          const next = line.next();
          if (next === undefined) taken -= 1;
          else next();
        },
      };
    },
  };
}
