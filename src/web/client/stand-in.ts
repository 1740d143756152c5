import { ask } from "./ask.ts";
import { isAnswered } from "./operations/is-answered.ts";

/** When this tab last went on to what was asked for. */
const key = "issuewire.went-on";

/** Where going on has led back here since, it would again. */
const goneInVainMs = 3_000;

/**
 * Goes on to what was asked for where this page was sent in its place and the gateway answers its reader after all: with a
 * link from another site a browser sends no cookie, with what this page asks it does. False where the page is to be shown.
 */
export async function goOnToWhatWasAskedFor(): Promise<boolean> {
  if (location.pathname === "/") return false;
  try {
    if (Date.now() - Number(sessionStorage.getItem(key)) < goneInVainMs) return false;
    await ask(isAnswered, {});
    sessionStorage.setItem(key, String(Date.now()));
  } catch {
    // Not signed in; or nothing can be kept, and then nothing would end its going in circles.
    return false;
  }
  // Without a hash: with one nothing is loaded.
  location.replace(location.pathname + location.search);
  return true;
}
