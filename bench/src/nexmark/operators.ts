/** The model's operators alone: batches in memory, a step each, nothing stored. */
import { ModelUnit, ownInserts } from '@millrace/live/testing'
import { laneValueAt } from '@millrace/sql'
import { bindQuery } from './bind-query.ts'
import { Checksum } from './checksum.ts'
import { EventBatches } from './event-batches.ts'
import type { MeasureOrder, Pass, Refused, Runnable } from './measure.ts'
import type { NexmarkQuery } from './queries.ts'
import { addTo, startStopwatch } from './stopwatch.ts'
import { TABLES } from './tables.ts'

export async function operatorsOf(query: NexmarkQuery, { file, portionEvents }: MeasureOrder): Promise<Runnable | Refused> {
  const model = await bindQuery(query)
  if ('refused' in model) return model
  const portions = await EventBatches.of(file, query.reads, portionEvents)
  const pass = async (wantsResult: boolean): Promise<Pass> => {
    const unit = new ModelUnit(model)
    const checksum = wantsResult ? new Checksum() : null
    const spent = { seconds: 0, cpuSeconds: 0, processCpuSeconds: 0 }
    for (const portion of portions) {
      const changes = new Map(portion.map(([kind, batch]) => [TABLES[kind].name, ownInserts(batch, TABLES[kind].schema)]))
      const stopwatch = startStopwatch()
      const output = unit.step((relation) => changes.get(relation) ?? null)
      addTo(spent, stopwatch())
      if (checksum !== null) addRows(checksum, output)
    }
    return { spent, result: checksum?.result() ?? null }
  }
  return { read: portions.read, pass, close: async () => undefined }
}

function addRows(checksum: Checksum, { count, lanes, weights }: ReturnType<ModelUnit['step']>): void {
  for (let row = 0; row < count; row += 1) {
    checksum.add(
      lanes.map((lane) => laneValueAt(lane, row)),
      weights[row] as number,
    )
  }
}
