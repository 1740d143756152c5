import { customType } from "drizzle-orm/sqlite-core";

/** 32 lower-case hexadecimal digits, kept as the 16 bytes that they are; any other text is kept as it is. */
export const digits = customType<{ data: string; driverData: string | Buffer }>({
  dataType: () => "blob",
  toDriver: (text) => (/^[0-9a-f]{32}$/.test(text) ? Buffer.from(text, "hex") : text),
  fromDriver: (kept) => (typeof kept === "string" ? kept : kept.toString("hex")),
});

/** As `digits`, with the dashes of a UUID between them. */
export const dashedDigits = customType<{ data: string; driverData: string | Buffer }>({
  dataType: () => "blob",
  toDriver: (text) => (dashed.test(text) ? Buffer.from(text.replaceAll("-", ""), "hex") : text),
  fromDriver: (kept) =>
    typeof kept === "string" ? kept : kept.toString("hex").replace(undashed, "$1-$2-$3-$4-$5"),
});

const dashed = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const undashed = /^(.{8})(.{4})(.{4})(.{4})(.{12})$/;
