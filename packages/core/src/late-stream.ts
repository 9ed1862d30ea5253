import type { StreamDefinition } from './log.ts'
import { lateStreamOf } from './watermark.ts'

/** The stream of a stream's late changes. Without a key: a row may come late several times, and each time is one row of it. */
export function lateStream({ name, schema }: StreamDefinition): StreamDefinition {
  return { name: lateStreamOf(name), kind: 'table', partitions: 1, schema: { columns: schema.columns, key: [] } }
}
