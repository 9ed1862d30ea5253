import { D2, MultiSet, output } from '@tanstack/db-ivm'
import { type Batch, type Vector, valueAt } from '@millrace/core'
import { Checksum } from '../checksum.ts'
import { EventBatches } from '../event-batches.ts'
import type { MeasureOrder, Pass, Refused, Runnable } from '../measure.ts'
import type { NexmarkQuery } from '../queries.ts'
import { addTo, startStopwatch } from '../stopwatch.ts'
import { type Kind, TABLES } from '../tables.ts'
import { type Output, type Pipeline, PIPELINES, type Row } from './pipelines.ts'

/** From objects in memory, a run of the graph for each portion; making the objects is not counted. */
export async function peerOf(query: NexmarkQuery, { file, portionEvents }: MeasureOrder): Promise<Runnable | Refused> {
  const pipeline = PIPELINES[query.name]
  if (pipeline === undefined) return { refused: 'there is no pipeline of its operators for it' }
  const portions = await EventBatches.of(file, query.reads, portionEvents)
  return { read: portions.read, pass: async (wantsResult) => passOver(portions, pipeline, wantsResult), close: async () => undefined }
}

function passOver(portions: EventBatches, pipeline: Pipeline, wantsResult: boolean): Pass {
  const graph = new D2()
  const inputs = {
    person: graph.newInput<Row>(),
    auction: graph.newInput<Row>(),
    bid: graph.newInput<Row>(),
    side_input: graph.newInput<Row>(),
  }
  let told: [Output, number][] = []
  pipeline(inputs).pipe(
    output((message) => {
      for (const entry of message.getInner()) told.push(entry)
    }),
  )
  graph.finalize()
  const checksum = wantsResult ? new Checksum() : null
  const spent = { seconds: 0, cpuSeconds: 0, processCpuSeconds: 0 }
  for (const portion of portions) {
    const sets = portion.map(([kind, batch]) => ({ kind, set: new MultiSet(objectsOf(kind, batch)) }))
    const stopwatch = startStopwatch()
    for (const { kind, set } of sets) inputs[kind].sendData(set)
    graph.run()
    addTo(spent, stopwatch())
    if (checksum !== null) for (const [row, weight] of told) checksum.add(row, weight)
    told = []
  }
  return { spent, result: checksum?.result() ?? null }
}

function objectsOf(kind: Kind, { count, after }: Batch): [Row, number][] {
  const { columns } = TABLES[kind].schema
  return Array.from({ length: count }, (_, row) => {
    return [Object.fromEntries(columns.map(({ name }, at) => [name, valueAt(after[at] as Vector, row) as number | string])), 1]
  })
}
