/** Measures one query in one way, in a process that holds nothing else. */
import { measurePasses } from './measure-passes.ts'
import type { MeasureOrder, Refused, Runnable } from './measure.ts'
import { nexmarkQueries } from './queries.ts'

const order = JSON.parse(process.argv[2] ?? '{}') as MeasureOrder
const [query] = nexmarkQueries(order.query)
if (query === undefined) throw new Error(`There is no query ${order.query}.`)

async function runnable(given: NonNullable<typeof query>): Promise<Runnable | Refused> {
  switch (order.mode) {
    case 'engine':
      return (await import('./engine.ts')).engineOf(given, order)
    case 'operators':
      return (await import('./operators.ts')).operatorsOf(given, order)
    case 'peer':
      return (await import('./peer/run-peer.ts')).peerOf(given, order)
    default:
      throw new Error(`Nothing is run to ${order.mode}.`)
  }
}

async function measured(given: NonNullable<typeof query>): Promise<object> {
  if (order.mode === 'prepare') return (await import('./engine.ts')).prepare(given, order)
  const ready = await runnable(given)
  if ('refused' in ready) return ready
  const outcome = await measurePasses(ready, order)
  await ready.close()
  return outcome
}

process.stdout.write(`${JSON.stringify(await measured(query))}\n`)
process.exit()
