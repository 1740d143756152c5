import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import { html } from "./html.ts";
import { countText, shortCountText } from "./words.ts";

/** Distances between grid lines. They are whole numbers, since issues are counted. */
const steps = [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000].flatMap((one) => [
  one,
  2 * one,
  5 * one,
]);

/** A line of a chart; its colour is a custom property of the style sheet. */
export type ChartLine = {
  readonly label: string;
  readonly color: `--${string}`;
  readonly values: readonly number[];
  readonly shape: "bars" | "area";
};

/** Lines over time, drawn on a canvas. Screen readers get only the label: put a table of the figures beside it. */
export function Chart({
  label,
  names,
  lines,
  height = 220,
}: {
  /** What screen readers say. */
  readonly label: string;
  /** The labels on the x axis, one for each value, from left to right. */
  readonly names: readonly string[];
  readonly lines: readonly ChartLine[];
  readonly height?: number;
}) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  // What the effect below draws. It runs only for another shape or height, but draws again for another theme.
  const now = useRef({ names, lines });
  now.current = { names, lines };
  const shape = JSON.stringify(lines.map((line) => [line.label, line.color, line.shape]));

  useEffect(() => {
    const element = place.current!;
    const create = () => {
      plot.current?.destroy();
      plot.current = new uPlot(
        optionsOf(element, () => now.current.names, lines, height),
        dataOf(now.current.lines),
        element,
      );
    };
    create();
    const resized = new ResizeObserver(() => plot.current?.setSize({ width: element.clientWidth, height }));
    resized.observe(element);
    // A canvas does not follow the style sheet by itself: it is drawn again for another theme.
    const schemes = matchMedia("(prefers-color-scheme: dark)");
    schemes.addEventListener("change", create);
    const themes = new MutationObserver(create);
    themes.observe(document.documentElement, { attributeFilter: ["data-theme"] });
    return () => {
      resized.disconnect();
      schemes.removeEventListener("change", create);
      themes.disconnect();
      plot.current?.destroy();
      plot.current = null;
    };
  }, [shape, height]);

  useEffect(() => plot.current?.setData(dataOf(lines)), [lines]);

  return html`<div class="chart" role="img" aria-label=${label} ref=${place}></div>`;
}

function dataOf(lines: readonly ChartLine[]): uPlot.AlignedData {
  // The x axis has the index and not the time: periods differ in length, the first and the last most of all.
  return [
    Array.from(lines[0]?.values ?? [], (_value, index) => index),
    ...lines.map(({ values }) => [...values]),
  ];
}

function optionsOf(
  element: HTMLElement,
  names: () => readonly string[],
  lines: readonly ChartLine[],
  height: number,
): uPlot.Options {
  const styles = getComputedStyle(element);
  const color = (name: string) => styles.getPropertyValue(name).trim();
  const grid = { stroke: color("--line"), width: 1 };
  const font = "11px system-ui, sans-serif";
  const axis = { stroke: color("--dim"), font, ticks: { show: false }, border: { show: false } };
  const bars = lines.filter((line) => line.shape === "bars").length;
  let bar = 0;
  const value: uPlot.Series.Value = (_plot, count: number | null) => (count === null ? "" : countText(count));
  return {
    width: element.clientWidth || 300,
    height,
    // Room on the right for half of the last label, which is centred below its bar.
    padding: [10, 24, 0, 0],
    cursor: { y: false, points: { size: 6 }, drag: { x: false, y: false } },
    scales: {
      x: { time: false, range: (_plot, min, max) => [min - 0.6, max + 0.6] },
      y: { range: (_plot, _min, max) => [0, Math.max(4, Math.ceil(max * 1.1))] },
    },
    axes: [
      {
        ...axis,
        grid: { show: false },
        size: 26,
        space: 64,
        incrs: steps,
        values: (_plot, splits) => splits.map((index) => names()[index] ?? ""),
      },
      {
        ...axis,
        grid,
        size: 40,
        incrs: steps,
        // In full they would be wider than the axis.
        values: (_plot, splits) => splits.map(shortCountText),
      },
    ],
    series: [
      {},
      ...lines.map((line): uPlot.Series => {
        const stroke = color(line.color);
        switch (line.shape) {
          case "bars":
            return {
              label: line.label,
              value,
              stroke,
              fill: stroke,
              width: 0,
              points: { show: false },
              paths: uPlot.paths.bars!({
                size: [0.72 / bars, 22],
                gap: 1,
                radius: 0.2,
                align: bars === 1 ? 0 : bar++ === 0 ? -1 : 1,
              }),
            };
          case "area":
            return {
              label: line.label,
              value,
              stroke,
              width: 2,
              points: { show: false },
              // Extended to the edge to show the newest value, which would have no width.
              paths: uPlot.paths.stepped!({ align: 1, extend: true }),
              fill: `color-mix(in srgb, ${stroke} 16%, transparent)`,
            };
        }
      }),
    ],
  };
}
