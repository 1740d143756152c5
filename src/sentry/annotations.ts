import type { Annotation } from "../domain/issue.ts";
import { storable } from "../domain/text.ts";
import { urlOf } from "./links.ts";
import { isObject } from "./objects.ts";
import { textOf } from "./text.ts";

/** More than any issue has; the raw body keeps the rest. */
const maxAnnotations = 1000;

/** The links that integrations put on an issue, at most the first thousand. What is no annotation is left out. */
export function annotationsOf(value: unknown): readonly Annotation[] {
  if (!Array.isArray(value)) return [];
  return value
    .slice(0, maxAnnotations)
    .map(annotationOf)
    .filter((annotation) => annotation !== null);
}

function annotationOf(value: unknown): Annotation | null {
  if (typeof value === "string") return linkIn(storable(value));
  return isObject(value) ? { displayName: textOf(value["displayName"]), url: urlOf(value["url"]) } : null;
}

/** Until 2024 annotations were HTML: one link each. Any other text becomes the display name as it is. */
function linkIn(html: string): Annotation {
  // No part of the pattern can match what the next one does, so it takes linear time on any text.
  const match = /^<a href="([^"<>]*)"[^<>]*>([^<>]*)<\/a>$/i.exec(html.trim());
  return match === null
    ? { displayName: html, url: null }
    : { displayName: unescaped(match[2]!), url: urlOf(unescaped(match[1]!)) };
}

const entities: ReadonlyMap<string, string> = new Map([
  ["&amp;", "&"],
  ["&lt;", "<"],
  ["&gt;", ">"],
  ["&quot;", '"'],
  ["&#39;", "'"],
  ["&#x27;", "'"],
]);

function unescaped(html: string): string {
  return html.replaceAll(/&(?:amp|lt|gt|quot|#39|#x27);/g, (entity) => entities.get(entity)!);
}
