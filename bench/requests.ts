import { pastTraffic } from "../src/simulate/traffic.ts";

const day = 86_400_000;

/** Up to `count` webhooks of simulated traffic as whole HTTP requests, the same each time except for their times. */
export function webhookRequests(count: number, secret: string): Buffer[] {
  const to = Date.now();
  const traffic = pastTraffic({
    seed: 1,
    secret,
    issues: Math.ceil(count / 4),
    from: to - 30 * day,
    to,
    onLost() {},
  });
  const made: Buffer[] = [];
  for (const { body, headers } of traffic) {
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    const start = `POST /webhooks/sentry HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: ${body.length}\r\n`;
    made.push(Buffer.concat([Buffer.from(`${start}${lines.join("")}\r\n`), body]));
    if (made.length === count) break;
  }
  return made;
}
