/** What one follower was told of the log, in the order in which it was told. */
export type Followed = {
  /** What it follows: some of the issues. */
  readonly group: number;
  /** It was to be told what came after this position, up to `to`. */
  readonly from: number;
  readonly to: number;
  readonly seqs: readonly number[];
};

export type Faults = {
  /** Entries that it should have been told, and was not. */
  readonly gaps: number;
  /** Entries that it was told again. */
  readonly duplicates: number;
  /** Entries that it was told after a later one, or that are none of its group's. */
  readonly strays: number;
};

/** Compares what a follower was told with the log: the positions of its group's entries, ascending. */
export function faultsOf({ from, to, seqs }: Followed, log: readonly number[]): Faults {
  const expected = new Set(log.filter((seq) => seq > from && seq <= to));
  const told = new Set<number>();
  let [duplicates, strays] = [0, 0];
  let newest = from;
  for (const seq of seqs) {
    if (told.has(seq)) duplicates += 1;
    else if (seq > to) continue;
    else if (!expected.has(seq) || seq < newest) strays += 1;
    told.add(seq);
    newest = Math.max(newest, seq);
  }
  return { gaps: [...expected].filter((seq) => !told.has(seq)).length, duplicates, strays };
}

/** How fast something grows, by the line that fits its samples best: units of `value` for each unit of `at`. */
export function slopeOf(samples: readonly { readonly at: number; readonly value: number }[]): number {
  const mean = (of: (sample: { at: number; value: number }) => number) =>
    samples.reduce((sum, sample) => sum + of(sample), 0) / samples.length;
  const [at, value] = [mean((sample) => sample.at), mean((sample) => sample.value)];
  const spread = mean((sample) => (sample.at - at) ** 2);
  return spread === 0 ? 0 : mean((sample) => (sample.at - at) * (sample.value - value)) / spread;
}
