import { keep, kept } from "./storage.ts";

/** What the page is coloured for; `auto` is what the system says. */
export type Theme = "auto" | "light" | "dark";

const themes: readonly Theme[] = ["auto", "light", "dark"];
const key = "issuewire.theme";

/** The theme that was chosen last, on this machine. */
export function chosenTheme(): Theme {
  const chosen = kept(key);
  return themes.find((theme) => theme === chosen) ?? "auto";
}

/** Colours the page, now and on later visits. */
export function applyTheme(theme: Theme): void {
  if (theme === "auto") delete document.documentElement.dataset["theme"];
  else document.documentElement.dataset["theme"] = theme;
  keep(key, theme);
}

export function themeAfter(theme: Theme): Theme {
  return themes[(themes.indexOf(theme) + 1) % themes.length]!;
}
