import type { Report } from "../../src/observability/report.ts";

/** A report that records its calls: the function's name and its arguments, without numbers and errors. */
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
