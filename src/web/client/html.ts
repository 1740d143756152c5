import htm from "htm";
import { h, options, type VNode } from "preact";

/** About a frame. A timer, since a tab out of sight draws no frames, and what it shows has to be true too. */
const renderAfterMs = 16;

// By default Preact renders in a microtask: once for each of a thousand events that arrive together.
options.debounceRendering = (render) => void setTimeout(render, renderAfterMs);

/** Markup as a template: `<div class=${name}>${child}</div>`, `<${Component} prop=${value} />`. */
export const html: (strings: TemplateStringsArray, ...values: unknown[]) => VNode = htm.bind(h) as never;
