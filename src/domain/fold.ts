/**
 * Text as it is searched: two texts that differ only in case, or in how Unicode composes the same characters, have
 * the same fold. It is free of NUL and lone surrogates (they are U+FFFD), so it compares in UTF-8 bytes, in whatever
 * database, as it does here. Folding twice changes nothing.
 *
 * Each code point is folded alone, by the simple mappings of Unicode's CaseFolding.txt: `Σ`, `σ` and `ς` are equal;
 * `İ` and `i`, and `ß` and `ss`, are not. Of the marks on one letter the first 32 count: the time that it takes to put
 * more of them in order grows with the square of their number.
 */
export function fold(text: string): string {
  if (isAscii.test(text)) return text.toLowerCase();
  return (
    text
      .toWellFormed()
      .replaceAll("\0", "\uFFFD")
      .replace(marks, upToMost)
      .normalize("NFC")
      .replace(foldable, foldCodePoint)
      // A small letter may compose where its capital does not: "H" and U+0331 stay two, "h" and U+0331 are "ẖ".
      .normalize("NFC")
      // Some marks are two in NFC.
      .replace(marks, upToMost)
  );
}

const marks = /\p{M}+/gu;
const mostMarks = /^\p{M}{1,32}/u;

function upToMost(run: string): string {
  return run.length <= 32 ? run : mostMarks.exec(run)![0];
}

/** From tab to tilde: what needs no more than lower case. Not NUL. */
const isAscii = /^[\t-~]*$/;

/** Every code point in NFC that any case folding changes: those that the simple one changes, and some more. */
const foldable = /\p{Changes_When_Casefolded}/gu;

/** Some 1,500 entries at most: what `foldable` matches. */
const folded = new Map<string, string>();

function foldCodePoint(codePoint: string): string {
  const known = folded.get(codePoint);
  if (known !== undefined) return known;
  const simple = simpleFoldOf(codePoint);
  folded.set(codePoint, simple);
  return simple;
}

/**
 * JavaScript has no case folding for strings, but its regular expressions compare by the simple one, which tells a
 * simple mapping from a full one (`ß`, `İ`) and from none. What to map to is the small letter; for a variant of a
 * small letter (`ς`, `ſ`) the small letter of its capital; for Cherokee, which folds to its older capitals, the capital.
 */
function simpleFoldOf(codePoint: string): string {
  // The one pair in NFC whose capitals, "ST", do not lead from one to the other.
  if (codePoint === "\uFB05") return "\uFB06";
  const sameLetter = new RegExp(`^${codePoint}$`, "iu");
  const upper = codePoint.toUpperCase();
  const candidates = [codePoint.toLowerCase(), upper.toLowerCase(), upper];
  return candidates.find((candidate) => candidate !== codePoint && sameLetter.test(candidate)) ?? codePoint;
}
