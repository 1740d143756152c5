import { storable } from "./text.ts";

/**
 * Folds text for searching: texts that differ only in case, or in how Unicode composes the same characters, have the
 * same fold. NUL and lone surrogates become U+FFFD, so that UTF-8 bytes compare in any database as text does here.
 * Folding twice changes nothing.
 *
 * Each code point is folded alone, by the simple mappings of Unicode's CaseFolding.txt: `Σ`, `σ` and `ς` are equal; `İ`
 * and `i`, and `ß` and `ss`, are not. Only the first 32 marks on a letter count, because the time to order marks grows
 * with the square of their number.
 */
export function fold(text: string): string {
  if (isAscii.test(text)) return text.toLowerCase();
  return (
    storable(text)
      .replace(marks, upToMost)
      .normalize("NFC")
      .replace(foldable, foldCodePoint)
      // A small letter may compose where its capital does not: "H" and U+0331 stay two, "h" and U+0331 are "ẖ".
      .normalize("NFC")
      // NFC makes two of some marks.
      .replace(marks, upToMost)
  );
}

const marks = /\p{M}+/gu;
const mostMarks = /^\p{M}{1,32}/u;

function upToMost(run: string): string {
  return run.length <= 32 ? run : mostMarks.exec(run)![0];
}

/** From tab to tilde: text that only needs lower-casing. Not NUL. */
const isAscii = /^[\t-~]*$/;

/** Every code point in NFC that any case folding changes: all that the simple one changes, and some more. */
const foldable = /\p{Changes_When_Casefolded}/gu;

/** A cache of some 1,500 entries at most, one for each code point that `foldable` matches. */
const folded = new Map<string, string>();

function foldCodePoint(codePoint: string): string {
  const known = folded.get(codePoint);
  if (known !== undefined) return known;
  const simple = simpleFoldOf(codePoint);
  folded.set(codePoint, simple);
  return simple;
}

/**
 * The simple case folding of one code point. JavaScript has none for strings, but its regular expressions compare by
 * it. That tells a simple mapping from a full one (`ß`, `İ`) and from none.
 *
 * It maps to the small letter; for a variant of one (`ς`, `ſ`), to the small letter of its capital; for Cherokee, which
 * folds to its older capitals, to the capital.
 */
function simpleFoldOf(codePoint: string): string {
  // The one pair in NFC that no candidate connects: the capital of both is "ST", two letters.
  if (codePoint === "\uFB05") return "\uFB06";
  const sameLetter = new RegExp(`^${codePoint}$`, "iu");
  const upper = codePoint.toUpperCase();
  const candidates = [codePoint.toLowerCase(), upper.toLowerCase(), upper];
  return candidates.find((candidate) => candidate !== codePoint && sameLetter.test(candidate)) ?? codePoint;
}
