import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { gatewayArgs, startServer } from "../process.ts";
import { webhookRequests } from "../requests.ts";
import { percentile, runLoad, type LoadResult } from "../load.ts";

/**
 * How fast the gateway takes webhooks in, as a ratio to a bare loop that only verifies, parses and keeps them; and how
 * long it takes to acknowledge at a steady rate. Each server has a process of its own and the same traffic.
 */

const { values } = parseArgs({
  options: {
    webhooks: { type: "string", default: "30000" },
    rate: { type: "string", default: "2000" },
    seconds: { type: "string", default: "20" },
    connections: { type: "string", default: "256" },
  },
});
const [webhooks, rate, seconds, connections] = [
  Number(values.webhooks),
  Number(values.rate),
  Number(values.seconds),
  Number(values.connections),
];

const secret = "a secret of the bench";
type Measured = LoadResult & { readonly cpuSeconds: number };

async function measure(
  kind: "bare" | "gateway",
  load: {
    readonly requests: readonly Buffer[];
    readonly rate: number;
    readonly connections: number;
    /** How many of the requests come first, as fast as they go, and are not measured. */
    readonly warmUp: number;
  },
): Promise<Measured> {
  const folder = mkdtempSync(join(tmpdir(), "issuewire-bench-"));
  const file = join(folder, "bench.db");
  const args = kind === "bare" ? ["bench/ingest/bare.ts", file, secret] : gatewayArgs;
  try {
    await using server = await startServer(args, {
      PORT: "0",
      DATABASE_URL: `file:${file}`,
      SENTRY_CLIENT_SECRET: secret,
    });
    const [first, rest] = [load.requests.slice(0, load.warmUp), load.requests.slice(load.warmUp)];
    await runLoad({ ...load, port: server.port, rate: Infinity, requests: first.values() });
    const before = server.cpuSeconds();
    const result = await runLoad({ ...load, port: server.port, requests: rest.values() });
    return { ...result, cpuSeconds: server.cpuSeconds() - before };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const perSecond = ({ answered, seconds: took }: Measured): number => answered / took;
const refused = ({ statuses }: Measured): number =>
  [...statuses].reduce((sum, [status, count]) => (status === 202 ? sum : sum + count), 0);

// A process that has just started compiles while it serves; what counts is how it goes on.
const warmUp = 8_000;
const burst = webhookRequests(webhooks + warmUp, secret);
const fast = { requests: burst, rate: Infinity, connections, warmUp };
// Both twice, in turns, and the better run of each: what else the machine does slows one run, and never makes one fast.
const runs = { bare: [] as Measured[], gateway: [] as Measured[] };
for (let turn = 0; turn < 2; turn += 1)
  for (const server of ["bare", "gateway"] as const) runs[server].push(await measure(server, fast));
const best = (all: readonly Measured[]) => all.toSorted((a, b) => perSecond(b) - perSecond(a))[0]!;
const [bare, gateway] = [best(runs.bare), best(runs.gateway)];
const steady = await measure("gateway", {
  requests: webhookRequests(rate * seconds + warmUp, secret),
  rate,
  connections,
  warmUp,
});

const row = (name: string, measured: Measured): string => {
  const micros = (measured.cpuSeconds / measured.answered) * 1e6;
  return `| ${name} | ${perSecond(measured).toFixed(0)} | ${micros.toFixed(0)} | ${refused(measured)} |`;
};
const ms = (share: number): string => percentile(steady.latencies, share).toFixed(1);
console.log(`${webhooks} webhooks of simulated traffic after ${warmUp} to warm up, ${connections} connections, Node ${process.version}

| server | webhooks/s | CPU µs per webhook | not 202 |
| --- | --- | --- | --- |
${row("bare loop", bare)}
${row("gateway", gateway)}

ratio of throughput ${(perSecond(gateway) / perSecond(bare)).toFixed(2)} (target: at least 0.40)

at ${rate}/s for ${seconds} s: ack p50 ${ms(0.5)} ms, p99 ${ms(0.99)} ms, max ${ms(1)} ms, not 202: ${refused(steady)} (target: p99 under 50 ms)`);
