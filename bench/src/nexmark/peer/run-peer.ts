import { D2, MultiSet, output } from '@tanstack/db-ivm'
import type { Value } from '@millrace/core'
import { Checksum } from '../checksum.ts'
import { readEvents } from '../event-file.ts'
import type { Measured, MeasureOrder, Refused } from '../measure.ts'
import type { NexmarkQuery } from '../queries.ts'
import { addTo, startStopwatch } from '../stopwatch.ts'
import { type Kind, TABLES } from '../tables.ts'
import { type Output, PIPELINES, type Row } from './pipelines.ts'

/** From objects in memory, a run of the graph for each portion; making the objects is not counted. */
export async function runPeer(query: NexmarkQuery, { file, portionEvents }: MeasureOrder): Promise<Measured | Refused> {
  const pipeline = PIPELINES[query.name]
  if (pipeline === undefined) return { refused: 'there is no pipeline of its operators for it' }
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
  const checksum = new Checksum()
  const spent = { seconds: 0, cpuSeconds: 0, processCpuSeconds: 0 }
  let read = 0
  for await (const portion of readEvents(file, query.reads, portionEvents)) {
    const sets = [...portion].map(([kind, rows]) => ({
      kind,
      set: new MultiSet(rows.map((row): [Row, number] => [objectOf(kind, row), 1])),
    }))
    for (const rows of portion.values()) read += rows.length
    const stopwatch = startStopwatch()
    for (const { kind, set } of sets) inputs[kind].sendData(set)
    graph.run()
    addTo(spent, stopwatch())
    for (const [row, weight] of told) checksum.add(row, weight)
    told = []
  }
  return { ...spent, peakBytes: process.resourceUsage().maxRSS * 1024, rows: checksum.rows, checksum: String(checksum), read }
}

function objectOf(kind: Kind, row: readonly Value[]): Row {
  return Object.fromEntries(TABLES[kind].schema.columns.map(({ name }, at) => [name, row[at] as number | string]))
}
