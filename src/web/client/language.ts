/**
 * Some systems report a language that is no valid tag ("en-US@posix"), and formatting with it throws. Replaces it by
 * "en-US", before any module that formats is loaded.
 */
if (!isKnown(navigator.language))
  Object.defineProperty(navigator, "language", { value: "en-US", configurable: true });

function isKnown(language: string): boolean {
  try {
    Intl.getCanonicalLocales(language);
    return true;
  } catch {
    return false;
  }
}
