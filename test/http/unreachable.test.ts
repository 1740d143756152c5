import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { watchUnreachable } from "../../src/http/live/unreachable.ts";
import { temporaryFolder } from "../store/open.ts";

const head =
  "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode";
const rest = "     0        0 637 1 0000000042fcb0ec 100 0 0 10 0";

/** A row of /proc/net/tcp, of a connection to port 4000. */
const row = (address: string, port: string, times: string, { state = "01", timer = "01" } = {}) =>
  `   7: 0100007F:0FA0 ${address}:${port} ${state} 00000020:00000000 ${timer}:0000001A ${times}${rest}`;

const peer = (remoteAddress: string, remotePort: number, localPort = 4000) => ({
  localPort,
  remoteAddress,
  remotePort,
});

it("knows those whom something was sent to six times and more", async () => {
  using folder = temporaryFolder();
  const table = (name: string, rows: readonly string[]): string => {
    const file = join(folder.path, name);
    writeFileSync(file, [head, ...rows, ""].join("\n"));
    return file;
  };
  const long = Array.from({ length: 2_000 }, () => row("0900000A", "0001", "00000000"));
  const tables = [
    table("tcp", [
      row("0200000A", "C350", "00000006"),
      row("0300000A", "C350", "00000005"),
      row("0400000A", "C350", "00000009", { state: "04" }),
      row("0500000A", "C350", "00000009", { timer: "02" }),
      ...long,
      row("0600000A", "FFFF", "0000000F"),
    ]),
    join(folder.path, "missing"),
    table("tcp6", [
      row("B80D0120000000000000000001000000", "C350", "00000007"),
      row("0000000000000000FFFF00000700000A", "C350", "00000007"),
    ]),
  ];
  using unreachable = watchUnreachable(tables, 3_600_000);
  expect(unreachable.has(peer("10.0.0.2", 50_000))).toBe(false);
  await unreachable.look();
  const known = ["10.0.0.2", "10.0.0.3", "10.0.0.4", "10.0.0.5", "2001:db8::1", "::ffff:10.0.0.7"].filter(
    (address) => unreachable.has(peer(address, 50_000)),
  );
  expect(known).toEqual(["10.0.0.2", "2001:db8::1", "::ffff:10.0.0.7"]);
  expect(unreachable.has(peer("10.0.0.6", 65_535))).toBe(true);
  expect([unreachable.has(peer("10.0.0.2", 50_001)), unreachable.has(peer("10.0.0.2", 50_000, 80))]).toEqual([
    false,
    false,
  ]);
  writeFileSync(tables[0]!, head);
  await unreachable.look();
  expect(unreachable.has(peer("10.0.0.2", 50_000))).toBe(false);
});
