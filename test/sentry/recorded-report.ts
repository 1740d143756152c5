import type { Report } from "../../src/observability/report.ts";

/** A report that remembers what was told, as the function's name and its arguments without errors and durations. */
export function recordedReport(): { readonly report: Report; readonly told: unknown[][] } {
  const told: unknown[][] = [];
  const report = new Proxy({} as Report, {
    get:
      (_, name) =>
      (...details: unknown[]) => {
        const plain = details.filter((detail) => typeof detail !== "number" && !(detail instanceof Error));
        told.push([name, ...plain]);
      },
  });
  return { report, told };
}
