import { sqliteTable } from "drizzle-orm/sqlite-core";
import fc from "fast-check";
import { expect, it } from "vitest";
import { dashedDigits, digits } from "../../src/store/tables/digits.ts";

const { plain, dashed } = sqliteTable("texts", { plain: digits(), dashed: dashedDigits() });
const columns = [plain, dashed];

const uuid = "3f1d6c0e-58a4-4a7b-9c1e-2d7f50b8e911";
const hex = "3f1d6c0e58a44a7b9c1e2d7f50b8e911";

it("keeps what it is for as the bytes that the digits are", () => {
  const bytes = Buffer.from(hex, "hex");
  expect(plain.mapToDriverValue(hex)).toEqual(bytes);
  expect(dashed.mapToDriverValue(uuid)).toEqual(bytes);
});

it.each(["", "3f1d", hex.toUpperCase(), uuid.toUpperCase(), `${hex}\n`, `${uuid}\n`, `${hex}00`, "Grüße"])(
  "keeps %j as it is",
  (text) => {
    for (const column of columns) expect(column.mapToDriverValue(text)).toBe(text);
  },
);

it("gives back what it was given", () => {
  const texts = fc.oneof(
    fc.string(),
    fc.uuid(),
    fc.uuid().map((text) => text.replaceAll("-", "")),
  );
  fc.assert(
    fc.property(texts, (text) => {
      for (const column of columns)
        expect(column.mapFromDriverValue(column.mapToDriverValue(text) as string | Buffer)).toBe(text);
    }),
  );
});
