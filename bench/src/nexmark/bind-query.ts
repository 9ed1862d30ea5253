import { bindModels, type BoundModel } from '@millrace/sql'
import type { Refused } from './measure.ts'
import type { NexmarkQuery } from './queries.ts'
import { TABLES } from './tables.ts'

/** The query as a live model, or why it is none. */
export async function bindQuery({ name, sql, reads }: NexmarkQuery): Promise<BoundModel | Refused> {
  const streams = [...reads].map((kind) => TABLES[kind])
  const { bound, errors } = await bindModels({ models: [{ name, sql }], streams })
  const [model] = bound
  return model ?? { refused: String(errors[0]?.details['construct'] ?? errors[0]?.message) }
}
