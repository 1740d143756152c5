import { sql, type SQL } from "drizzle-orm";
import { durationFigures, durationPercents, type DurationFigures } from "../../domain/statistics.ts";
import type { Aggregates } from "../aggregates.ts";

/** `durationPercents` as fractions. For these percents `ceil` of a fraction of a whole number is exact. */
const fractions = sql.raw(`array[${durationPercents.map((percent) => percent / 100).join(", ")}]`);

/** `[n, total, percentiles]` as JSON. */
function figures(took: SQL, where: SQL = sql``): SQL {
  const percentiles = sql`percentile_disc(${fractions}) within group (order by ${took})${where}`;
  return sql`json_build_array(count(${took})${where}, sum(${took})${where}, ${percentiles})`;
}

function figuresFrom([n, total, percentiles]: readonly [
  number,
  number | null,
  readonly number[] | null,
]): DurationFigures {
  return durationFigures({ n, total: total ?? 0, percentiles: percentiles ?? [] });
}

const read = (told: string | null) => figuresFrom(JSON.parse(told!));

export const postgresAggregates: Aggregates = {
  durations: (column) => ({ told: sql`(${figures(sql`${column}`)})::text`, read }),
  listedDurations: (column) => ({
    told: sql`(select (${figures(sql`took`)})::text
      from unnest(string_to_array(string_agg(${column}, ','), ',')::bigint[]) as took)`,
    read,
  }),
  durationsBy(column, by, words) {
    const groups = [
      ...words.map((word) => sql` filter (where ${by} = ${word})`),
      sql` filter (where (${by} = any(${sql.param([...words])})) is not true)`,
    ];
    const all = groups.map((where) => figures(sql`${column}`, where));
    return {
      told: sql`json_build_array(${sql.join(all, sql`, `)})::text`,
      read: (told) => (JSON.parse(told!) as readonly Parameters<typeof figuresFrom>[0][]).map(figuresFrom),
    };
  },
  counts(column, words) {
    const all = words.map((word) => sql`count(*) filter (where ${column} = ${word})`);
    return {
      told: sql`json_build_array(${sql.join(all, sql`, `)})::text`,
      read(told) {
        const counts = JSON.parse(told!) as readonly number[];
        return new Map(words.map((word, place) => [word, counts[place]!]));
      },
    };
  },
  parts: (stretches) => {
    const [lows, highs] = [stretches.map(([low]) => low), stretches.map(([, high]) => high)];
    return sql`(select (place - 1)::integer as place, low, high from
      unnest(${sql.param(lows)}::bigint[], ${sql.param(highs)}::bigint[]) with ordinality as given(low, high, place)) as part`;
  },
};
