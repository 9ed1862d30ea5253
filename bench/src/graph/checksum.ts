/** SQL that sums a table up as one text: its count of rows, and a sum of their hashes, whatever their order. */
export function checksumSql(table: string, from: string = table): string {
  return `SELECT '${table}' AS name, count(*) || ' ' || coalesce(sum(hash(${table})), 0) AS checksum FROM ${from}`
}
