const finalText = 0x81;

/**
 * The head of an unmasked text frame of a WebSocket (RFC 6455, 5.2), as servers send it, before a payload of so many
 * bytes. Each character is one byte.
 */
export function textFrameHead(length: number): string {
  if (length < 126) return String.fromCharCode(finalText, length);
  const [kind, size] = length < 65_536 ? [126, 2] : [127, 8];
  const head = Buffer.alloc(2 + size);
  head[0] = finalText;
  head[1] = kind;
  head.writeUIntBE(length, head.length - Math.min(size, 6), Math.min(size, 6));
  return head.toString("latin1");
}
