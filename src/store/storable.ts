/**
 * True for text that can be stored. What is stored is free of NUL and lone surrogates: PostgreSQL refuses a NUL, and a
 * driver writes U+FFFD for a lone surrogate, which would then equal what it does not.
 */
export function isStorable(text: string): boolean {
  return text.isWellFormed() && !text.includes("\0");
}

/** The text, as near as can be stored: for bounds, which need not be of any row. */
export function storable(text: string): string {
  return text.toWellFormed().replaceAll("\0", "\uFFFD");
}
