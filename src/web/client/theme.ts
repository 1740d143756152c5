import { keep, kept } from "./storage.ts";

/** The colours of the page; `auto` follows the system. */
export type Theme = "auto" | "light" | "dark";

const themes: readonly Theme[] = ["auto", "light", "dark"];
const key = "issuewire.theme";

/** The theme last chosen in this browser; `auto` if there is none. */
export function chosenTheme(): Theme {
  const chosen = kept(key);
  return themes.find((theme) => theme === chosen) ?? "auto";
}

/** Sets the page's theme, now and for later visits. */
export function applyTheme(theme: Theme): void {
  if (theme === "auto") delete document.documentElement.dataset["theme"];
  else document.documentElement.dataset["theme"] = theme;
  keep(key, theme);
}

export function themeAfter(theme: Theme): Theme {
  return themes[(themes.indexOf(theme) + 1) % themes.length]!;
}
