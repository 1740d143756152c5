import { html } from "./html.ts";
import { addressOf, type Navigation, type Place } from "./place.ts";

/** A link to another place of the page. Where a key is held, the browser opens it in its own way, as any link. */
export function Link({
  navigation,
  place,
  to,
  children,
  ...attributes
}: {
  readonly navigation: Navigation;
  readonly place: Place;
  /** What is different there. */
  readonly to: Partial<Place>;
  readonly children?: unknown;
}) {
  const go = (event: MouseEvent) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    navigation.go(to);
  };
  return html`<a ...${attributes} href=${addressOf({ ...place, ...to })} onClick=${go}>${children}</a>`;
}
