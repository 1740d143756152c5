/**
 * What is made of each text once, for as long as it is among those that were asked for last: so many characters of them, as
 * what is made of a text takes memory by its length. What is made of one that would have a quarter of that is not kept.
 */
export function createRecent<Value>(mostCharacters: number): (text: string, make: () => Value) => Value {
  // A Map iterates in the order of insertion, so its first key is the longest unused.
  const known = new Map<string, Value>();
  let characters = 0;
  return (text, make) => {
    const before = known.get(text);
    if (before !== undefined) {
      known.delete(text);
      known.set(text, before);
      return before;
    }
    const made = make();
    if (text.length > mostCharacters / 4) return made;
    known.set(text, made);
    characters += text.length;
    for (const oldest of known.keys()) {
      if (characters <= mostCharacters) break;
      known.delete(oldest);
      characters -= oldest.length;
    }
    return made;
  };
}
