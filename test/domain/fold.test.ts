import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fold } from "../../src/domain/fold.ts";

describe("fold", () => {
  it.each([
    ["ASCII", "ERROR", "error"],
    ["ASCII among other text", "É: ERROR", "é: error"],
    ["every sigma", "ΣΊΣΥΦΟΣ", "σίσυφος"],
    ["a final sigma that a lower-case mapping would make", "ΟΔΟΣ", "οδοσ"],
    ["the sharp s", "STRAẞE", "straße"],
    ["the Kelvin sign", "\u212A", "k"],
    ["the long s", "\u017F", "s"],
    ["a ligature and its variant", "\uFB05", "\uFB06"],
    ["a titlecase letter", "ǅ", "ǆ"],
    ["a Greek capital with iota", "ᾼ", "ᾳ"],
    ["Cherokee", "\uAB70", "\u13A0"],
    ["letters beyond the BMP", "𐐀", "𐐨"],
    ["composition", "E\u0301", "é"],
    ["a capital that composes only when small", "H\u0331", "ẖ"],
  ])("equates %s", (_, one, other) => {
    expect(fold(one)).toBe(fold(other));
  });

  it.each([
    ["a dotted capital I and i", "İ", "i"],
    ["a dotless i and i", "ı", "i"],
    ["the sharp s and ss", "ß", "ss"],
    ["a ligature and its letters", "ﬁ", "fi"],
    ["a letter and the same letter with an accent", "é", "e"],
    ["a full-width letter and the usual one", "Ａ", "a"],
  ])("tells %s apart", (_, one, other) => {
    expect(fold(one)).not.toBe(fold(other));
  });

  it("gives the small letter", () => {
    expect(fold("Äß ΣΣ İ K\u212A ẞ")).toBe("äß σσ İ kk ß");
  });

  it("writes U+FFFD for NUL and for lone surrogates, alone", () => {
    expect(fold("a\0B")).toBe("a\uFFFDb");
    expect(fold("\uD800é\uDC00")).toBe("\uFFFDé\uFFFD");
    expect(fold("😀")).toBe("😀");
    expect(fold("\x01\x7f%_\\")).toBe("\x01\x7f%_\\");
  });

  it("leaves out the marks on one letter that could take any time to put in order", () => {
    const kept = `x${"\u0316".repeat(32)}`;
    expect(fold(`X${"\u0316".repeat(32)}Y`)).toBe(`${kept}y`);
    expect(fold(`X${"\u0316".repeat(20_000)}Y`)).toBe(`${kept}y`);
    // One mark that is two in NFC.
    const twice = fold(`X${"\u0344".repeat(40)}`);
    expect([twice.length, fold(twice)]).toEqual([33, twice]);
  });

  it("changes nothing the second time", () => {
    const text = fc.string({ unit: letterOrMark });
    fc.assert(fc.property(text, (some) => fold(fold(some)) === fold(some)));
  });

  it("equates texts that Unicode holds to be the same characters", () => {
    const text = fc.string({ unit: letterOrMark });
    fc.assert(fc.property(text, (some) => fold(some.normalize("NFD")) === fold(some)));
  });

  it("equates two code points exactly when a regular expression that ignores case does", () => {
    // Every one that NFC leaves as it is, but for the comma, which keeps them from composing.
    const text = everyCodePoint()
      .filter((one) => one !== "," && one === one.normalize("NFC"))
      .join(",");
    const cased = text.match(/[\p{CWCF}\p{CWCM}]/giu) ?? [];
    expect(cased.length).toBeGreaterThan(2_500);

    const folds = fold(text).split(",");
    const changed = text.split(",").filter((one, index) => one !== folds[index]);
    expect(new Set(changed).isSubsetOf(new Set(cased))).toBe(true);

    const letters = cased.join(",");
    expect(fold(fold(letters))).toBe(fold(letters));
    for (const equal of Map.groupBy(cased, fold).values())
      expect(letters.match(new RegExp(equal[0]!, "giu"))).toEqual(equal);
  });
});

/** What case and composition are about. */
const letterOrMark = fc.constantFrom(
  // By code points, which is what folding goes by.
  ...Array.from(
    "aAhHjJtTwWyYiIıİkKsSßẞſσΣςιΙϊΪυΥϋΫαΑωΩᾳᾼ\u0345\u0301\u0308\u030A\u030C\u0331\u0323\u02BE\u0342\u0313",
  ),
);

/** But NUL and the surrogates. */
function everyCodePoint(): string[] {
  const codePoints: string[] = [];
  for (let code = 1; code <= 0x10ffff; code++)
    if (code < 0xd800 || code > 0xdfff) codePoints.push(String.fromCodePoint(code));
  return codePoints;
}
