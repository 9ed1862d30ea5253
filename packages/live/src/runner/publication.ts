/** What the log takes of models: a step's changes, and all that a filling adds to a model's stream. */
import type { Append, StreamDefinition } from '@millrace/core'
import type { BoundModel } from '@millrace/sql'
import { encodeOutput, type OutputOrigin } from '../output/encode-output.ts'
import { splitBatch } from '../output/split-batch.ts'
import { truncation } from '../output/truncation.ts'
import type { ZBatch } from '../zset/z-batch.ts'
import type { FilledModel } from './filling.ts'

export const OUTPUT_ROWS_LIMIT = 32_768

export interface Output {
  readonly appends: readonly Append[]
  readonly changes: number
}

export function outputOf({ name, schema }: BoundModel, change: ZBatch, origin: OutputOrigin): Output {
  const batch = encodeOutput(change, schema, origin)
  if (batch === null) return { appends: [], changes: 0 }
  const { asOf } = origin
  const appends = splitBatch(batch, OUTPUT_ROWS_LIMIT).map((part) => ({ stream: name, partition: 0, batch: part, asOf }))
  return { appends, changes: batch.count }
}

/** Where all rows of another shape go, they go in the cut that brings the new ones. */
export function outputOfFilled({ unit: { model }, difference, truncates }: FilledModel, origin: OutputOrigin): Output {
  const { asOf } = origin
  const first = truncates ? [{ stream: model.name, partition: 0, batch: truncation(model.schema, origin), asOf }] : []
  const { appends, changes } = difference === null ? { appends: [], changes: 0 } : outputOf(model, difference, origin)
  return { appends: [...first, ...appends], changes }
}

export function streamOf({ name, schema }: BoundModel): StreamDefinition {
  return { name, kind: 'model', schema, partitions: 1 }
}
