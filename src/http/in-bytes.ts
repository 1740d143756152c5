import { transcode } from "node:buffer";

/** V8 has texts without such a character as bytes, and knows without looking that they have none. */
const beyondLatin1 = /[^\0-\xff]/;

/**
 * The text's UTF-8, with a character for each byte, to be written as "latin1". Such texts are put together faster than
 * Buffers, and are not encoded again each time that they are written.
 *
 * V8 encodes characters beyond Latin-1 one by one; by way of UTF-16 it takes a third of the time.
 *
 * @param text without lone surrogates, as `JSON.stringify` makes it.
 */
export function inBytes(text: string): string {
  const bytes = beyondLatin1.test(text)
    ? transcode(Buffer.from(text, "utf16le"), "utf16le", "utf8")
    : Buffer.from(text);
  return bytes.toString("latin1");
}
