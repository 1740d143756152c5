import { useLayoutEffect, useState } from "preact/hooks";
import { html } from "./html.ts";

/** Copies a text when it is pressed, and says, spoken too, whether it could. Is not there where the browser lets no page copy. */
export function CopyButton({ text }: { readonly text: string }) {
  const [said, setSaid] = useState("");
  // Of another text it is not true.
  useLayoutEffect(() => setSaid(""), [text]);
  const { clipboard } = navigator as { readonly clipboard?: Clipboard };
  if (clipboard === undefined) return null;
  const copy = () => {
    // What is said again is spoken only if it was not there meanwhile.
    setSaid("");
    clipboard.writeText(text).then(
      () => setSaid("Copied"),
      () => setSaid("Could not be copied"),
    );
  };
  return html`<p class="copy">
    <button type="button" onClick=${copy}>Copy</button>
    <span class="dim" role="status">${said}</span>
  </p>`;
}
