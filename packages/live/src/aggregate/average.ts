/** The mean of exact sums, by the steps that DuckDB takes: one division of two doubles. */
export function averageOf(sum: number | bigint, count: number, scale: number): number {
  return Number(sum) / (count * 10 ** scale)
}
