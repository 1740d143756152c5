import { createHash } from "node:crypto";
import { and, asc, count, gt, gte, lte } from "drizzle-orm";
import { metaNames } from "../meta.ts";
import { sha256OfForgotten } from "../erase/forgotten.ts";
import { contentsIn } from "../pack.ts";
import { rememberedNumber } from "../queries/meta.ts";
import type { ContentRow } from "../delivery-rows.ts";
import type { Examined } from "./examined.ts";
import { Findings, type Finding } from "./finding.ts";
import { isJson } from "./is-json.ts";

/** Bodies can be large. */
const pageSize = 100;

/** Examines every body that is kept, and finds those that are missing without having been pruned. */
export async function examineBodies({
  db,
  tables,
  onProgress,
  howToRebuild,
}: Examined): Promise<readonly Finding[]> {
  const { contents, deliveries, packs } = tables;
  const findings = new Findings((many) => `${many} more bodies are not what was received.`);
  const remedy = "Restore a backup if you need it. Its history does not depend on it.";
  const [counted] = await db.select({ total: count() }).from(deliveries);
  const total = counted?.total ?? 0;
  const prunedTo = await rememberedNumber({ db, tables }, metaNames.prunedTo);
  let done = 0;
  /** Number of deliveries whose content was found, or is in a pack that cannot be read. */
  let held = 0;
  const receivedIn = (first: number, last: number) =>
    db
      .select({
        id: deliveries.id,
        sha256: deliveries.sha256,
        bytes: deliveries.bytes,
        issueId: deliveries.issueId,
      })
      .from(deliveries)
      .where(and(gte(deliveries.id, first), lte(deliveries.id, last)));
  const examine = async (rows: readonly ContentRow[]) => {
    const received = new Map(
      (await receivedIn(rows[0]!.delivery, rows.at(-1)!.delivery)).map((row) => [row.id, row]),
    );
    for (const { delivery, body, fields } of rows) {
      const row = received.get(delivery);
      if (row !== undefined) held += 1;
      // Set aside to be erased, or never a webhook.
      if (row?.sha256.equals(sha256OfForgotten) === true) continue;
      if (body !== null && row?.sha256.equals(createHash("sha256").update(body).digest()) !== true)
        findings.add({
          problem: `The body of delivery ${delivery} is not what was received: its sha256 differs.`,
          remedy,
        });
      if (body === null && row !== undefined && row.bytes > 0 && delivery > prunedTo)
        findings.add({ problem: `The body of delivery ${delivery} is gone.`, remedy });
      if (row !== undefined && row.issueId !== null && !isJson(fields))
        findings.add({
          problem: `What delivery ${delivery} shows of its issue cannot be read.`,
          // `rebuild` reads them from the body.
          remedy: body === null ? remedy : howToRebuild,
        });
    }
    done += rows.length;
    onProgress(done, total);
  };

  for (let last = 0; ;) {
    const page = await db
      .select()
      .from(contents)
      .where(gt(contents.delivery, last))
      .orderBy(asc(contents.delivery))
      .limit(pageSize);
    if (page.length === 0) break;
    await examine(page);
    last = page.at(-1)!.delivery;
  }
  for (let last = 0; ;) {
    const [pack] = await db
      .select()
      .from(packs)
      .where(gt(packs.first, last))
      .orderBy(asc(packs.first))
      .limit(1);
    if (pack === undefined) break;
    try {
      await examine(contentsIn(pack));
    } catch (error) {
      held += (await receivedIn(pack.first, pack.last)).length;
      findings.add({
        problem: `What deliveries ${pack.first} to ${pack.last} held cannot be read: ${String(error)}`,
        remedy:
          "Restore a backup if you need it. No history or issue depends on it: where the log would show the fields these deliveries had, it shows the issue's present ones.",
      });
    }
    last = pack.first;
  }
  if (held < total)
    findings.add({
      problem: `What ${total - held} of ${total} deliveries held is gone.`,
      remedy: "Restore a backup.",
    });
  return findings.all();
}
