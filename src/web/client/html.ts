import htm from "htm";
import { h, type VNode } from "preact";

/** Markup as a template: `<div class=${name}>${child}</div>`, `<${Component} prop=${value} />`. */
export const html: (strings: TemplateStringsArray, ...values: unknown[]) => VNode = htm.bind(h) as never;
