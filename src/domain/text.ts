/**
 * True for text that can be stored. What is stored is free of NUL and lone surrogates: PostgreSQL refuses a NUL, and a
 * driver writes U+FFFD for a lone surrogate, which would then equal other texts.
 */
export function isStorable(text: string): boolean {
  return text.isWellFormed() && !text.includes("\0");
}

/** The nearest text that can be stored: each NUL and lone surrogate becomes U+FFFD. */
export function storable(text: string): string {
  return text.toWellFormed().replaceAll("\0", "\uFFFD");
}
