import { inBytes } from "../in-bytes.ts";

const finalText = 0x81;

/** A text as an unmasked WebSocket frame (RFC 6455, 5.2), as servers send it. Each character is one byte. */
export function textFrame(text: string): string {
  const bytes = inBytes(text);
  return textFrameHead(bytes.length) + bytes;
}

/** The head of such a frame, for a payload of `length` bytes. */
export function textFrameHead(length: number): string {
  if (length < 126) return String.fromCharCode(finalText, length);
  if (length < 65_536) return String.fromCharCode(finalText, 126, length >> 8, length & 0xff);
  const head = Buffer.alloc(10);
  head[0] = finalText;
  head[1] = 127;
  head.writeUIntBE(length, 4, 6);
  return head.toString("latin1");
}
