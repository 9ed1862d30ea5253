/** Measures one query in one way, in a process that holds nothing else. */
import { nexmarkQueries } from './queries.ts'
import type { MeasureOrder } from './measure.ts'

const order = JSON.parse(process.argv[2] ?? '{}') as MeasureOrder
const [query] = nexmarkQueries(order.query)
if (query === undefined) throw new Error(`There is no query ${order.query}.`)

async function measured(given: NonNullable<typeof query>): Promise<object> {
  switch (order.mode) {
    case 'prepare':
      return (await import('./engine.ts')).prepare(given, order)
    case 'engine':
      return (await import('./engine.ts')).runEngine(given, order)
    case 'operators':
      return (await import('./operators.ts')).runOperators(given, order)
    case 'peer':
      return (await import('./peer/run-peer.ts')).runPeer(given, order)
  }
}

process.stdout.write(`${JSON.stringify(await measured(query))}\n`)
process.exit()
