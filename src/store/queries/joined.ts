/**
 * Reads what `Dialect.joined` makes of a column: as rows, a million values would take longer than all the rest. Letter by
 * letter, because `split` makes a text of each value first, which takes ten times as long.
 */

const comma = ",".charCodeAt(0);
const zero = "0".charCodeAt(0);
const nine = "9".charCodeAt(0);

/** The whole numbers, none of them negative, in a text of them that are separated by commas. */
export function numbersIn(text: string): Float64Array {
  const numbers = new Float64Array(Math.ceil(text.length / 2));
  let count = 0;
  let number = 0;
  for (let at = 0; at <= text.length; at += 1) {
    const digit = text.charCodeAt(at) - zero;
    if (digit >= 0) number = number * 10 + digit;
    else {
      numbers[count] = number;
      count += 1;
      number = 0;
    }
  }
  return numbers.subarray(0, count);
}

/** As `numbersIn`, of numbers that are each followed by a letter: those of each of the letters. */
export function markedNumbersIn(text: string, letters: string): readonly (readonly number[])[] {
  const groups = Array.from(letters, (): number[] => []);
  const groupOf = new Map(groups.map((group, place) => [letters.charCodeAt(place), group]));
  let number = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code >= zero && code <= nine) number = number * 10 + (code - zero);
    else if (code === comma) number = 0;
    else groupOf.get(code)!.push(number);
  }
  return groups;
}

const hashes = 4_096;

/** How often each of the words occurs in a text of words that are separated by commas. */
export function countsIn<Word extends string>(
  text: string,
  words: readonly Word[],
): ReadonlyMap<Word, number> {
  const wordOf = new Map(words.map((word) => [hashOf(word), word]));
  if (wordOf.size < words.length) throw new TypeError("Two of the words cannot be told from each other.");
  const counts = new Uint32Array(hashes);
  let hash = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === comma) {
      counts[hash]! += 1;
      hash = 0;
    } else hash = (hash * 31 + code) % hashes;
  }
  if (text !== "") counts[hash]! += 1;
  return new Map([...wordOf].map(([hash, word]) => [word, counts[hash]!]));
}

function hashOf(word: string): number {
  let hash = 0;
  for (let at = 0; at < word.length; at += 1) hash = (hash * 31 + word.charCodeAt(at)) % hashes;
  return hash;
}
