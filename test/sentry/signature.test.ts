import fc from "fast-check";
import { createHmac } from "node:crypto";
import { describe, expect, it } from "vitest";
import { isSignedBy, sign } from "../../src/sentry/signature.ts";

const body = Buffer.from('{"action":"created"}');
const signature = sign("secret", body);

describe("isSignedBy", () => {
  it("agrees with a signature made elsewhere", () => {
    // printf '{"action":"created"}' | openssl dgst -sha256 -hmac secret
    expect(signature).toBe("0031e94255b70a79704e0356204543768c078ca4f48b3ccc547edef03f4f338a");
    expect(isSignedBy(["secret"], body, signature)).toBe(true);
  });

  it("is true for what `sign` makes, and false for other bytes, secrets and signatures", () => {
    const bytes = fc.uint8Array({ maxLength: 64, size: "max" });
    const secret = fc.string({ minLength: 1 });
    fc.assert(
      fc.property(bytes, bytes, secret, secret, (one, other, mine, yours) => {
        const given = sign(mine, one);
        expect(isSignedBy([mine], one, given)).toBe(true);
        expect(isSignedBy([mine], other, given)).toBe(Buffer.compare(one, other) === 0);
        // HMAC pads a key with zeros, so that two that differ in nothing else are one.
        if (mine.replace(/\0+$/, "") !== yours.replace(/\0+$/, "")) {
          expect(isSignedBy([yours], one, given)).toBe(false);
        }
      }),
    );
  });

  it("refuses every flip of one bit", () => {
    for (let bit = 0; bit < 256; bit++) {
      const bytes = Buffer.from(signature, "hex");
      bytes[bit >> 3]! ^= 1 << (bit & 7);
      expect(isSignedBy(["secret"], body, bytes.toString("hex"))).toBe(false);
    }
  });

  it("refuses every truncation", () => {
    for (let length = 0; length < 64; length++) {
      expect(isSignedBy(["secret"], body, signature.slice(0, length))).toBe(false);
    }
  });

  it.each([
    ["a digit more", `${signature}a`],
    ["something behind it", `${signature}zz-anything`],
    ["itself twice, as node joins headers", `${signature}, ${signature}`],
    ["a line feed behind it", `${signature}\n`],
    ["space before it", ` ${signature}`],
    ["upper case", signature.toUpperCase()],
    ["GitHub's prefix", `sha256=${signature}`],
    ["base64", Buffer.from(signature, "hex").toString("base64")],
    ["another algorithm", createHmac("sha512", "secret").update(body).digest("hex")],
    ["letters of another alphabet", "é".repeat(64)],
    ["nothing", ""],
    ["null", null],
  ])("refuses %s", (_, given) => {
    expect(isSignedBy(["secret"], body, given)).toBe(false);
  });

  it("takes a signature by any of several secrets", () => {
    expect(isSignedBy(["secret", "new"], body, signature)).toBe(true);
    expect(isSignedBy(["old", "secret"], body, signature)).toBe(true);
    expect(isSignedBy(["old", "new"], body, signature)).toBe(false);
  });

  it("tries every secret, whichever signed", () => {
    let tried = 0;
    const secrets: readonly string[] = Object.assign(["secret", "b", "c"], {
      *[Symbol.iterator]() {
        for (let at = 0; at < 3; at++) {
          tried++;
          yield secrets[at];
        }
      },
    });
    expect(isSignedBy(secrets, body, signature)).toBe(true);
    expect(tried).toBe(3);
  });

  it("takes none where there is no secret, or an empty one", () => {
    expect(isSignedBy([], body, signature)).toBe(false);
    expect(isSignedBy([""], body, sign("", body))).toBe(false);
    expect(isSignedBy(["", "secret"], body, signature)).toBe(true);
  });
});
