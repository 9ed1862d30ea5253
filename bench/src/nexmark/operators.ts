/** The model's operators alone: batches in memory, a step each, nothing stored. */
import { ModelUnit, ownInserts } from '@millrace/live/testing'
import { laneValueAt } from '@millrace/sql'
import { bindQuery } from './bind-query.ts'
import { Checksum } from './checksum.ts'
import { batchOf, readEvents } from './event-file.ts'
import type { Measured, MeasureOrder, Refused } from './measure.ts'
import type { NexmarkQuery } from './queries.ts'
import { addTo, startStopwatch } from './stopwatch.ts'
import { TABLES } from './tables.ts'

export async function runOperators(query: NexmarkQuery, { file, portionEvents }: MeasureOrder): Promise<Measured | Refused> {
  const model = await bindQuery(query)
  if ('refused' in model) return model
  const unit = new ModelUnit(model)
  const checksum = new Checksum()
  const spent = { seconds: 0, cpuSeconds: 0, processCpuSeconds: 0 }
  let read = 0
  for await (const portion of readEvents(file, query.reads, portionEvents)) {
    const changes = new Map(
      [...portion].map(([kind, rows]) => [TABLES[kind].name, ownInserts(batchOf(kind, rows, 1), TABLES[kind].schema)]),
    )
    for (const { batch } of changes.values()) read += batch.count
    const stopwatch = startStopwatch()
    const output = unit.step((relation) => changes.get(relation) ?? null)
    addTo(spent, stopwatch())
    for (let row = 0; row < output.count; row += 1) {
      checksum.add(
        output.lanes.map((lane) => laneValueAt(lane, row)),
        output.weights[row] as number,
      )
    }
  }
  return { ...spent, peakBytes: process.resourceUsage().maxRSS * 1024, rows: checksum.rows, checksum: String(checksum), read }
}
