/** What a table holds, in the transaction of the session. */
import type { ServerTable } from '@millrace/batch/graph'
import type { Session } from './session.ts'

/** All rows, in any order: their number, and the sum of a hash of each as it is printed. */
export async function rowsNow(session: Session, relation: string): Promise<ServerTable> {
  const hash = 'coalesce(sum(hashtextextended((millrace_row.*)::text, 0)::numeric), 0)::text'
  const [row] = await session.cells(`SELECT count(*)::text, ${hash} FROM ${relation} AS millrace_row`)
  const [rows = '0', sum = '0'] = row ?? []
  return { content: `${rows} ${sum}`, rows: Number(rows) }
}
