import { pick, type Random, seededRandom } from '@millrace/base'
import { type Fate, FATES, type LiveCase, type LiveStep } from './live-case.ts'
import { RandomHistory } from './random-history.ts'
import { randomOddQuery } from './random-odd-query.ts'
import { randomQuery, randomTable, randomValue, relationOf } from './random-query.ts'
import { randomWideQuery, randomWideTable } from './random-wide-query.ts'
import { WIDE_COLUMNS, wideValue } from './wide-types.ts'

const QUERIES = 4
const STEPS_MAX = 8
const TRANSACTIONS_MAX = 3
/** No limit; one under which parts of the state come and go; nothing but what is being worked on. */
const MEMORIES = [{}, {}, { bytesLimit: 32 << 10, partBytesLimit: 6 << 10 }, { bytesLimit: 1, partBytesLimit: 16 << 10 }]

/** The same case for the same seed. */
export function randomCase(seed: number): LiveCase {
  const random = seededRandom(seed)
  return random.below(2) === 0 ? plainCase(random) : withOddQuery(wideCase(random), seededRandom(seed ^ ODD_SEED))
}

/** Drawn by itself, so that what else a seed draws stays as it is. */
const ODD_SEED = 0x5eed

function withOddQuery(given: LiveCase, random: Random): LiveCase {
  return { ...given, queries: [...given.queries, { name: 'odd', sql: randomOddQuery(random, given.tables) }] }
}

function plainCase(random: Random): LiveCase {
  const tables = [randomTable(random, 'a.one'), randomTable(random, 'a.two'), randomTable(random, 'b.three')]
  const relations = tables.map(relationOf)
  const queries = Array.from({ length: QUERIES }, (_, at) => ({ name: `m${at}`, sql: randomQuery(random, relations) }))
  const history = new RandomHistory(random, tables)
  return caseOf(random, { tables, queries, history })
}

/** Tables of all types, the first two with a key. Half of what reads them is of the language that all tables know. */
function wideCase(random: Random): LiveCase {
  const tables = ['a.one', 'a.two', 'b.three'].map((name, at) => randomWideTable(random, name, at < 2))
  const relations = tables.map(({ name, schema }) => ({ sql: name, columns: schema.columns.slice(0, 2) }))
  const queries = Array.from({ length: QUERIES }, (_, at) => {
    const sql = random.below(4) === 0 ? randomQuery(random, relations) : randomWideQuery(random, tables)
    return { name: `m${at}`, sql }
  })
  const columns = new Map(WIDE_COLUMNS.map((column) => [column.type, column]))
  const history = new RandomHistory(random, tables, (source, _column, type) => {
    const column = columns.get(type)
    return column === undefined ? randomValue(source, type) : wideValue(source, column)
  })
  return caseOf(random, { tables, queries, history })
}

interface CaseParts {
  readonly tables: LiveCase['tables']
  readonly queries: LiveCase['queries']
  readonly history: RandomHistory
}

function caseOf(random: Random, { tables, queries, history }: CaseParts): LiveCase {
  const steps = Array.from({ length: 1 + random.below(STEPS_MAX) }, () => randomStep(random, history))
  const memory = pick(random, MEMORIES)
  return { tables, queries: [...queries, { name: 'above', sql: 'SELECT count(*) AS n FROM m0' }], steps, memory }
}

function randomStep(random: Random, history: RandomHistory): LiveStep {
  const transactions = Array.from({ length: 1 + random.below(TRANSACTIONS_MAX) }, () => history.transaction())
  const runner: Fate = random.below(4) > 0 ? 'goes on' : pick(random, FATES)
  return { transactions, runner }
}
