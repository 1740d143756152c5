import { useCell } from "./cell.ts";
import { html } from "./html.ts";
import { hasSingleKeys, keys, setSingleKeys } from "./keyboard.ts";

/** The contents of the keyboard dialog, which its form closes: the shortcuts, and whether single keys work. */
export function Keys() {
  const isOn = useCell(hasSingleKeys);
  return html`<h2 id="keys">Keyboard</h2>
    <dl>
      ${keys.map(
        ([key, meaning]) =>
          html`<div key=${key}>
            <dt><kbd>${key}</kbd></dt>
            <dd>${meaning}</dd>
          </div>`,
      )}
    </dl>
    <form method="dialog">
      <label>
        <input
          type="checkbox"
          checked=${isOn}
          onChange=${(event: Event) => setSingleKeys((event.target as HTMLInputElement).checked)}
        />
        <span>Single-key shortcuts <span class="dim">Enter and Esc work without them</span></span>
      </label>
      <button type="submit">Close</button>
    </form>`;
}
