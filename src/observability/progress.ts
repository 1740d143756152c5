/** Where progress is shown: standard error, or what stands in for it. */
export type Screen = {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly write: (text: string) => unknown;
};

/** How far a piece of work is, on one line of a terminal that goes away at the end. */
export type ProgressBar = Disposable & {
  /** Cheap: draws ten times a second at most. */
  readonly update: (done: number, total: number) => void;
  readonly clear: () => void;
};

const onTerminalMs = 100;
const inLogMs = 5_000;
const barLength = 24;

/** A bar on a terminal; a line every five seconds elsewhere. `what` is a word such as "rebuilding". */
export function createProgressBar(what: string, screen: Screen): ProgressBar {
  const isTerminal = screen.isTTY === true;
  let shownAt = performance.now();
  const clear = () => {
    if (isTerminal) screen.write(clearLine);
  };
  return {
    update(done, total) {
      const elapsed = performance.now() - shownAt;
      if (elapsed < (isTerminal ? onTerminalMs : inLogMs)) return;
      shownAt = performance.now();
      const line = `${what}  ${barOf(total === 0 ? 1 : done / total)}  ${done.toLocaleString("en")} of ${total.toLocaleString("en")}`;
      screen.write(isTerminal ? `${clearLine}${line.slice(0, (screen.columns ?? 80) - 1)}` : `${line}\n`);
    },
    clear,
    [Symbol.dispose]: clear,
  };
}

/** Goes back to the beginning of the terminal's line and empties it. */
export const clearLine = "\r\x1b[2K";

/** A bar with its percentage; `share` from 0 to 1. */
export function barOf(share: number): string {
  const within = Math.min(1, Math.max(0, share));
  const full = Math.round(within * barLength);
  return `${"█".repeat(full)}${"░".repeat(barLength - full)} ${`${Math.floor(within * 100)}`.padStart(3)} %`;
}
