import { type Batch, BatchBuilder, type Schema } from '@millrace/core'
import type { OutputOrigin } from './encode-output.ts'

/** One change that takes all rows of a stream away: rows of another shape cannot be told one by one. */
export function truncation(schema: Schema, { asOf, timeMicros }: OutputOrigin): Batch {
  const builder = new BatchBuilder(schema, 1)
  builder.push(
    'truncate',
    { transaction: asOf, index: 0, time: timeMicros },
    schema.columns.map(() => undefined),
  )
  return builder.finish()
}
