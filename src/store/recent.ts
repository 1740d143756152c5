/** What is made of each key once, for as long as it is among the `most` that were asked for last. */
export function createRecent<Key, Value>(most: number): (key: Key, make: () => Value) => Value {
  // A Map iterates in the order of insertion, so its first key is the longest unused.
  const known = new Map<Key, Value>();
  return (key, make) => {
    const value = known.get(key) ?? make();
    known.delete(key);
    known.set(key, value);
    if (known.size > most) known.delete(known.keys().next().value!);
    return value;
  };
}
