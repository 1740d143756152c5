/** What `mapStream` needs of a stream. */
export type Source<Value> = {
  readonly next: () => Promise<IteratorResult<Value, unknown>>;
  readonly return?: () => Promise<unknown>;
};

/**
 * What `map` makes of each value of `source`, in order; what it makes null of is left out.
 *
 * It ends at once when it is returned, also while it waits for the next value: a generator would see `return()` only
 * once its pending await has settled, and the next event may be hours away. After an error it has ended.
 */
export function mapStream<From, To>(
  source: Source<From>,
  map: (value: From) => To | null | Promise<To | null>,
): AsyncIterableIterator<To> {
  let ended = false;

  async function next(): Promise<IteratorResult<To>> {
    try {
      while (!ended) {
        const result = await source.next();
        if (result.done === true) break;
        const value = await map(result.value);
        if (value !== null) return { done: false, value };
      }
    } catch (error) {
      await end();
      throw error;
    }
    ended = true;
    return { done: true, value: undefined };
  }

  async function end(): Promise<IteratorResult<To>> {
    if (!ended) {
      ended = true;
      await source.return?.();
    }
    return { done: true, value: undefined };
  }

  return {
    next,
    return: end,
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
