import { html } from "./html.ts";
import { addressOf, type Navigation, type Place } from "./place.ts";

/** A link to another place of the page. While Ctrl, Meta or Shift is held, the browser opens it like any other link. */
export function Link({
  navigation,
  place,
  to,
  children,
  ...attributes
}: {
  readonly navigation: Navigation;
  readonly place: Place;
  /** What differs from the present place. */
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
