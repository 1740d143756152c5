import htm from "htm";
import { h, options, type VNode } from "preact";

/** About a frame. Not one itself: none is drawn of a tab that is out of sight, and what is shown there shall be true as well. */
const renderAfterMs = 16;

// By itself Preact renders before whatever is to be done next: once for each of a thousand events that arrive together.
options.debounceRendering = (render) => void setTimeout(render, renderAfterMs);

/** Markup as a template: `<div class=${name}>${child}</div>`, `<${Component} prop=${value} />`. */
export const html: (strings: TemplateStringsArray, ...values: unknown[]) => VNode = htm.bind(h) as never;
