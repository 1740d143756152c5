import { useLayoutEffect, useState } from "preact/hooks";
import { html } from "./html.ts";

/**
 * A button that copies a text and says, to screen readers too, whether that worked. Renders nothing if the browser does
 * not let the page copy.
 */
export function CopyButton({ text }: { readonly text: string }) {
  const [said, setSaid] = useState("");
  // It is not true of another text.
  useLayoutEffect(() => setSaid(""), [text]);
  const { clipboard } = navigator as { readonly clipboard?: Clipboard };
  if (clipboard === undefined) return null;
  const copy = () => {
    // Screen readers speak the same text again only if it was gone in between.
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
