import { createCell, type Cell } from "./cell.ts";
import { issueLinks } from "./focus.ts";
import { viewing, type Navigation, type View } from "./place.ts";
import { keep, kept } from "./storage.ts";

/** The keys that do something, for the page that lists them. */
export const keys = [
  ["j / k", "next, previous issue"],
  ["Enter", "open the issue"],
  ["Esc", "back to the list"],
  ["/", "search"],
  ["1 2 3", "issues, statistics, feed"],
  ["p", "pause, go on"],
  ["?", "these keys"],
] as const;

const key = "issuewire.keys";
const isOn = createCell(kept(key) !== "off");

/** Whether a letter, a digit or a sign alone does something: who speaks to the machine may say one and mean none. */
export const hasSingleKeys: Pick<Cell<boolean>, "get" | "watch"> = isOn;

/** Has single keys do something or not, now and on later visits. */
export function setSingleKeys(on: boolean): void {
  isOn.set(on);
  keep(key, on ? null : "off");
}

/** What keys are typed into. A box to tick is not: in a dialog that was just closed it may have the focus for a moment. */
const notForShortcuts = "input:not([type=checkbox]), select, textarea, dialog[open]";

const views: Readonly<Record<string, View>> = { "1": "issues", "2": "statistics", "3": "feed" };

/**
 * Listens to keys until the returned function is called. Typing into a field, and keys with Ctrl and such, are not for it;
 * single ones are where `hasSingleKeys`.
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

/** Focuses the issue so many rows further down. */
function focusRow(step: 1 | -1): void {
  const { links, at } = issueLinks();
  const link = links[at < 0 ? (step > 0 ? 0 : links.length - 1) : at + step];
  link?.focus();
  link?.scrollIntoView({ block: "nearest" });
}
