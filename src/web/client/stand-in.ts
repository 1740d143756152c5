import { ask } from "./ask.ts";
import { isAnswered } from "./operations/is-answered.ts";

/** The storage key of when this tab last went on to what was asked for. */
const key = "issuewire.went-on";

/** If going on has led back here within this time, it would do so again. */
const goneInVainMs = 3_000;

/**
 * Loads what was asked for, if this page was sent in its place and the gateway answers its reader after all. With a
 * link from another site a browser sends no session cookie, but with this page's own requests it does. Returns false if
 * this page is to be shown.
 */
export async function goOnToWhatWasAskedFor(): Promise<boolean> {
  if (location.pathname === "/") return false;
  try {
    if (Date.now() - Number(sessionStorage.getItem(key)) < goneInVainMs) return false;
    await ask(isAnswered, {});
    sessionStorage.setItem(key, String(Date.now()));
  } catch {
    // Not signed in; or storage is forbidden, and without it the page could reload forever.
    return false;
  }
  // Without the hash: with one the browser loads nothing.
  location.replace(location.pathname + location.search);
  return true;
}
