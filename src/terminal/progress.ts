/** Where progress is shown: standard error, or a substitute. */
export type Screen = {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly write: (text: string) => unknown;
};

/** A progress bar: one line of a terminal, removed at the end. */
export type ProgressBar = Disposable & {
  /** Cheap: draws ten times a second at most. */
  readonly update: (done: number, total: number) => void;
  readonly clear: () => void;
};

/** A bar on a terminal; a line every five seconds elsewhere. `what` is a word such as "rebuilding". */
export function createProgressBar(what: string, screen: Screen): ProgressBar {
  const line = createStatusLine(screen);
  let shownAt = performance.now();
  return {
    update(done, total) {
      if (performance.now() - shownAt < line.everyMs) return;
      shownAt = performance.now();
      line.show(
        `${what}  ${barOf(total === 0 ? 1 : done / total)}  ${done.toLocaleString("en")} of ${total.toLocaleString("en")}`,
      );
    },
    clear: line.clear,
    [Symbol.dispose]: line.clear,
  };
}

/** A status text that is updated: in place on a terminal, elsewhere with a new line each time. */
type StatusLine = {
  /** How often to show it, in milliseconds. */
  readonly everyMs: number;
  readonly show: (text: string) => void;
  /** Removes it from a terminal. */
  readonly clear: () => void;
};

export function createStatusLine(screen: Screen): StatusLine {
  const isTerminal = screen.isTTY === true;
  return {
    everyMs: isTerminal ? 100 : 5_000,
    show(text) {
      screen.write(isTerminal ? `${clearLine}${text.slice(0, (screen.columns ?? 80) - 1)}` : `${text}\n`);
    },
    clear() {
      if (isTerminal) screen.write(clearLine);
    },
  };
}

/** Moves to the beginning of the terminal's line and clears it. */
const clearLine = "\r\x1b[2K";

const barLength = 24;

/** A bar with its percentage; `share` from 0 to 1. */
export function barOf(share: number): string {
  const within = Math.min(1, Math.max(0, share));
  const full = Math.round(within * barLength);
  return `${"█".repeat(full)}${"░".repeat(barLength - full)} ${`${Math.floor(within * 100)}`.padStart(3)} %`;
}
