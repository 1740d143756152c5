/**
 * Some systems name a language that no standard knows ("en-US@posix"), and whatever formats with it fails. This stands in
 * for it, before anything that formats is loaded.
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
