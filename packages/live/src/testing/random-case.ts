import { pick, type Random, seededRandom } from '@millrace/base'
import { type Fate, FATES, type LiveCase, type LiveStep } from './live-case.ts'
import { RandomHistory } from './random-history.ts'
import { randomQuery, randomTable, relationOf } from './random-query.ts'

const QUERIES = 4
const STEPS_MAX = 8
const TRANSACTIONS_MAX = 3
/** No limit; one under which parts of the state come and go; nothing but what is being worked on. */
const MEMORIES = [{}, {}, { bytesLimit: 32 << 10, partBytesLimit: 6 << 10 }, { bytesLimit: 1, partBytesLimit: 16 << 10 }]

/** The same case for the same seed. */
export function randomCase(seed: number): LiveCase {
  const random = seededRandom(seed)
  const tables = [randomTable(random, 'a.one'), randomTable(random, 'a.two'), randomTable(random, 'b.three')]
  const relations = tables.map(relationOf)
  const queries = Array.from({ length: QUERIES }, (_, at) => ({ name: `m${at}`, sql: randomQuery(random, relations) }))
  const history = new RandomHistory(random, tables)
  const steps = Array.from({ length: 1 + random.below(STEPS_MAX) }, () => randomStep(random, history))
  const memory = pick(random, MEMORIES)
  return { tables, queries: [...queries, { name: 'above', sql: 'SELECT count(*) AS n FROM m0' }], steps, memory }
}

function randomStep(random: Random, history: RandomHistory): LiveStep {
  const transactions = Array.from({ length: 1 + random.below(TRANSACTIONS_MAX) }, () => history.transaction())
  const runner: Fate = random.below(4) > 0 ? 'goes on' : pick(random, FATES)
  return { transactions, runner }
}
