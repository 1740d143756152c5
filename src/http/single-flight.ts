/** Shares one call of `ask` among all callers while it is under way: they get the same answer, or the same error. */
export function singleFlight<Answer>(ask: () => Promise<Answer>): () => Promise<Answer> {
  let asking: Promise<Answer> | null = null;
  return () =>
    (asking ??= ask().finally(() => {
      asking = null;
    }));
}
