import Database from "better-sqlite3";
import { sql, type SQL } from "drizzle-orm";
import { drizzle } from "drizzle-orm/better-sqlite3";
import { describe, expect, inject, it } from "vitest";
import { durationFigures } from "../../src/domain/statistics.ts";
import type { Aggregate, Aggregates } from "../../src/store/aggregates.ts";
import { drizzleOver } from "../../src/store/postgres/drizzle-over.ts";
import { postgresAggregates } from "../../src/store/postgres/aggregates.ts";
import { sqliteAggregates } from "../../src/store/sqlite/aggregates.ts";
import { onServer } from "./open-postgres.ts";

/** What the aggregate says of the rows that `from` gives. */
type Ask = <Answer>(aggregate: Aggregate<Answer>, from: SQL) => Promise<Answer>;

const rowsOf = (...rows: SQL[]) => sql`(select * from (values ${sql.join(rows, sql`, `)}) as given) as given`;

function itsAnswers(
  name: string,
  aggregates: Aggregates,
  using: (ask: (ask: Ask) => Promise<void>) => Promise<void>,
) {
  const took = sql.raw("column1");
  const by = sql.raw("column2");

  describe(`an aggregate of ${name}`, () => {
    it("has the percentiles of nearest rank, whatever the number of durations", () =>
      using(async (ask) => {
        for (const n of [1, 2, 3, 9, 10, 11, 99, 100, 101, 299, 300, 1_000, 4_900, 70_000]) {
          // Backwards, because in order they would be right by chance.
          const all = sql`(with recursive counted(column1) as (select cast(${n} as integer) union all select column1 - 1 from counted where column1 > 1)
            select column1 from counted) as given`;
          const rank = (percent: number) => Number((BigInt(percent) * BigInt(n) + 99n) / 100n);
          expect(await ask(aggregates.durations(took), all)).toEqual(
            durationFigures({ n, total: (n * (n + 1)) / 2, percentiles: [50, 90, 99].map(rank) }),
          );
        }
      }));

    it("says of no durations that there is none", () =>
      using(async (ask) => {
        const none = { n: 0, seconds: null };
        const nulls = rowsOf(sql`(cast(null as integer), cast(null as text))`);
        for (const from of [nulls, sql`${nulls} where false`]) {
          expect(await ask(aggregates.durations(took), from)).toEqual(none);
          expect(await ask(aggregates.listedDurations(by), from)).toEqual(none);
          expect(await ask(aggregates.durationsBy(took, by, ["a"]), from)).toEqual([none, none]);
          expect(await ask(aggregates.counts(by, ["a"]), from)).toEqual(new Map([["a", 0]]));
        }
      }));

    it("counts each of the durations that one row lists", () =>
      using(async (ask) => {
        const lists = rowsOf(
          sql`(1, '4000,1000')`,
          sql`(2, null)`,
          sql`(3, '9007199254740991')`,
          sql`(4, '0')`,
        );
        expect(await ask(aggregates.listedDurations(by), lists)).toEqual(
          durationFigures({ n: 4, total: 2 ** 53 + 4_999, percentiles: [1_000, 2 ** 53 - 1, 2 ** 53 - 1] }),
        );
      }));

    it("keeps words apart, and takes all others for one, null too", () =>
      using(async (ask) => {
        const rows = rowsOf(
          sql`(1, 'a')`,
          sql`(3, 'a')`,
          sql`(5, 'b')`,
          sql`(7, 'something else')`,
          sql`(9, null)`,
          sql`(null, 'b')`,
        );
        expect(await ask(aggregates.durationsBy(took, by, ["a", "b", "c"]), rows)).toEqual([
          durationFigures({ n: 2, total: 4, percentiles: [1, 3, 3] }),
          durationFigures({ n: 1, total: 5, percentiles: [5, 5, 5] }),
          { n: 0, seconds: null },
          durationFigures({ n: 2, total: 16, percentiles: [7, 9, 9] }),
        ]);
        expect(await ask(aggregates.counts(by, ["b", "a", "c"]), rows)).toEqual(
          new Map([
            ["b", 2],
            ["a", 2],
            ["c", 0],
          ]),
        );
      }));
  });
}

itsAnswers("SQLite", sqliteAggregates, async (asking) => {
  const client = new Database(":memory:");
  const db = drizzle({ client });
  await asking(async ({ told, read }, from) =>
    read(db.get<{ told: string | null }>(sql`select ${told} as told from ${from}`).told),
  );
  client.close();
});

itsAnswers("PostgreSQL", postgresAggregates, (asking) =>
  onServer(async (client) => {
    const db = drizzleOver(client);
    await asking(async ({ told, read }, from) => {
      const { rows } = await db.execute<{ told: string | null }>(sql`select ${told} as told from ${from}`);
      return read(rows[0]!.told);
    });
  }, inject("postgres")),
);
