import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

const style = readFileSync(new URL("../../src/web/client/style.css", import.meta.url), "utf8");

/** The colours of the block that begins with a selector. */
function coloursOf(selector: string): ReadonlyMap<string, string> {
  const [, rules] = style.split(`${selector} {\n`);
  const block = rules!.slice(0, rules!.indexOf("}"));
  return new Map(
    [...block.matchAll(/--([\w-]+): (#[0-9a-f]{6});/g)].map(([, name, colour]) => [name!, colour!]),
  );
}

/** WCAG's relative luminance. */
function luminance(colour: string): number {
  const [red, green, blue] = [1, 3, 5].map((at) => {
    const share = parseInt(colour.slice(at, at + 2), 16) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!;
}

function contrast(one: string, other: string): number {
  const [light, dark] = [luminance(one), luminance(other)].toSorted((a, b) => b - a);
  return (light! + 0.05) / (dark! + 0.05);
}

const dark = ':root[data-theme="dark"]';

/** What has to be told from what it stands on, or beside. */
const pairs: (readonly [string, string])[] = [
  // Fields, wherever they stand, and under the pointer.
  ...["back", "panel", "hover"].map((ground) => ["line-strong", ground] as const),
  // States, in the ribbon and its legend.
  ...["new", "ongoing-fill", "escalating", "regressed", "resolved", "archived-fill"].flatMap((state) =>
    ["back", "line", "panel"].map((ground) => [state, ground] as const),
  ),
  // Levels, in a row and under the pointer.
  ...["fatal", "error", "warning", "info", "debug"].flatMap((level) =>
    ["back", "panel", "hover"].map((ground) => [level, ground] as const),
  ),
  // Bars, which stand side by side.
  ["opened", "panel"],
  ["resolved-bar", "panel"],
  ["opened", "resolved-bar"],
];

describe.each([
  ["light", ":root"],
  ["dark", dark],
])("of the %s colours", (_name, selector) => {
  const colours = coloursOf(selector);

  it.each(pairs)("%s is told from %s", (one, other) => {
    expect(contrast(colours.get(one)!, colours.get(other)!)).toBeGreaterThanOrEqual(3);
  });
});

it("the dark colours are the same whether the reader chose them or the reader's machine did", () => {
  expect(coloursOf(':root:not([data-theme="light"])')).toEqual(coloursOf(dark));
});
