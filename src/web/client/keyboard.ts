import { createCell, type Cell } from "./cell.ts";
import { issueLinks } from "./focus.ts";
import { viewing, type Navigation, type View } from "./place.ts";
import { keep, kept } from "./storage.ts";

/** The shortcuts, for the dialog that lists them. */
export const keys = [
  ["j / k", "next, previous issue"],
  ["Enter", "open the issue"],
  ["Esc", "back to the list"],
  ["/", "search"],
  ["1 2 3", "issues, statistics, feed"],
  ["p", "pause, resume"],
  ["?", "these keys"],
] as const;

const key = "issuewire.keys";
const isOn = createCell(kept(key) !== "off");

/** Whether a single letter, digit or sign is a shortcut. People who use speech input may type one by accident. */
export const hasSingleKeys: Pick<Cell<boolean>, "get" | "watch"> = isOn;

/** Turns single-key shortcuts on or off, now and for later visits. */
export function setSingleKeys(on: boolean): void {
  isOn.set(on);
  keep(key, on ? null : "off");
}

/** Where keys are typed, and are no shortcuts. Not checkboxes: one in a dialog just closed may still have the focus. */
const notForShortcuts = "input:not([type=checkbox]), select, textarea, dialog[open]";

const views: Readonly<Record<string, View>> = { "1": "issues", "2": "statistics", "3": "feed" };

/**
 * Listens for shortcuts until the returned function is called. Ignores keys typed into a field, and keys with Ctrl,
 * Meta or Alt. Single keys are shortcuts only while `hasSingleKeys` is true.
 */
export function listenToKeys({
  navigation,
  togglePause,
  showKeys,
}: {
  readonly navigation: Navigation;
  readonly togglePause: () => void;
  readonly showKeys: () => void;
}): () => void {
  const listen = (event: KeyboardEvent) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target instanceof HTMLElement && event.target.closest(notForShortcuts)) return;
    if (event.key === "Escape") return navigation.go({ issue: null });
    if (!isOn.get()) return;
    const view = views[event.key];
    if (view !== undefined) return navigation.go(viewing(view));
    switch (event.key) {
      case "j":
        return focusRow(1);
      case "k":
        return focusRow(-1);
      case "/":
        event.preventDefault();
        return document.getElementById("search")?.focus();
      case "p":
        return togglePause();
      case "?":
        return showKeys();
    }
  };
  document.addEventListener("keydown", listen);
  return () => document.removeEventListener("keydown", listen);
}

/** Focuses the next or previous issue; the first or the last one if none has the focus. */
function focusRow(step: 1 | -1): void {
  const { links, at } = issueLinks();
  const link = links[at < 0 ? (step > 0 ? 0 : links.length - 1) : at + step];
  link?.focus();
  link?.scrollIntoView({ block: "nearest" });
}
