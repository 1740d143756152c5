import { expect, it } from "vitest";
import { float, isoformat, quoted, zulu } from "../../src/simulate/python.ts";

it.each([
  ["plain", '"plain"'],
  ['a "quote" and a \\', '"a \\"quote\\" and a \\\\"'],
  ["line\nbreak\ttab\u0001", '"line\\nbreak\\ttab\\u0001"'],
  ["Zoë — 山", '"Zo\\u00eb \\u2014 \\u5c71"'],
  ["🐈", '"\\ud83d\\udc08"'],
  ["delete \u007f", '"delete \\u007f"'],
  ["lone \ud83d", '"lone \\ud83d"'],
])("quotes %j as Python does", (text, json) => {
  expect(quoted(text)).toBe(json);
});

it.each([
  [1, "1.0"],
  [0, "0.0"],
  [-2, "-2.0"],
  [0.8333, "0.8333"],
  [0.0001, "0.0001"],
  [0.000042, "4.2e-05"],
  [1e-7, "1e-07"],
  [1.5e-12, "1.5e-12"],
])("prints the float %d as Python does", (value, text) => {
  expect(float(value)).toBe(text);
});

it("drops the fraction of isoformat() when it is zero, and no other zeros", () => {
  const second = Date.UTC(2026, 9, 1, 10, 0, 4) * 1000;
  expect(isoformat(second)).toBe("2026-10-01T10:00:04+00:00");
  expect(isoformat(second + 738_000)).toBe("2026-10-01T10:00:04.738000+00:00");
  expect(isoformat(second + 9)).toBe("2026-10-01T10:00:04.000009+00:00");
});

it("always prints six digits before Z", () => {
  const second = Date.UTC(2026, 9, 1, 10, 0, 4) * 1000;
  expect(zulu(second)).toBe("2026-10-01T10:00:04.000000Z");
  expect(zulu(second + 44_102)).toBe("2026-10-01T10:00:04.044102Z");
});
