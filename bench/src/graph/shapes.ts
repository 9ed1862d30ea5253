/** Graphs of models by shape: for each model its SQL and the earlier models that it reads. */
import { assert, seededRandom } from '@millrace/base'

export const SHAPES = ['chain', 'fan-out', 'diamond', 'random', 'wide'] as const
export type Shape = (typeof SHAPES)[number]

export interface ShapedModel {
  readonly name: string
  readonly sql: string
  readonly reads: readonly string[]
}

export interface ShapeRequest {
  readonly shape: Shape
  readonly models: number
  /** Of the seed. Every model has as many, or half of them. */
  readonly rows: number
  readonly seed: number
}

/** How far back a model of a random graph reads, and how many layers a wide one has. */
const REACH = 300
const LAYERS = 12
const WIDE_COLUMNS = 40

export function isShape(text: string): text is Shape {
  return SHAPES.some((shape) => shape === text)
}

export function shapedModels({ shape, models, rows, seed }: ShapeRequest): ShapedModel[] {
  const random = seededRandom(seed)
  return Array.from({ length: models }, (_, at) => {
    const name = `m${at}`
    const inputs = inputsOf(shape, at, { models, below: (limit) => random.below(limit) }).map((index) =>
      index < 0 ? 'source' : `m${index}`,
    )
    const reads = [...new Set(inputs)]
    return { name, sql: shape === 'wide' ? wideSql(reads) : narrowSql({ at, half: Math.ceil(rows / 2) }, reads), reads }
  })
}

interface Chance {
  readonly models: number
  readonly below: (limit: number) => number
}

/** Numbers of earlier models; −1 is the seed. */
function inputsOf(shape: Shape, at: number, { models, below }: Chance): number[] {
  switch (shape) {
    case 'chain':
      return [at - 1]
    case 'fan-out':
      return [at === 0 ? -1 : 0]
    case 'diamond': {
      // A top, two sides, and the bottom that is the next one's top.
      const place = at % 3
      return place === 0 ? (at === 0 ? [-1] : [at - 1, at - 2]) : [at - place]
    }
    case 'random':
      return Array.from({ length: 1 + below(3) }, () => Math.max(-1, at - 1 - below(REACH)))
    case 'wide': {
      const width = Math.ceil(models / LAYERS)
      const layer = Math.floor(at / width)
      return layer === 0 ? [-1] : [(layer - 1) * width + below(width), (layer - 1) * width + below(width)]
    }
    default:
      assert(false, 'a shape is one of these')
  }
}

/**
 * Each begins at `from`, which names its rows `a`. Rows are numbered from 0 without a gap, and there are either as many as the seed has or
 * `half` of them: one kind groups each row of the first half with its like of the second, another makes the second half of the first again.
 */
const KINDS = [
  (from: string) => `select a.id, a.grp, a.amount + 1 as amount, a.day from ${from}`,
  (from: string) =>
    `select a.id, a.grp, case when a.amount > 50 then cast(cast(a.amount as decimal(14,4)) * 0.9 as decimal(14,4)) else cast(a.amount as decimal(14,4)) end as amount, a.day from ${from}`,
  (from: string, half: number) =>
    `select min(a.id) as id, min(a.grp) as grp, sum(a.amount) as amount, max(a.day) as day from ${from} group by a.id % ${half}`,
  (from: string) => `select a.id, a.grp, avg(a.amount) over (partition by a.grp order by a.id) as amount, a.day from ${from}`,
  (from: string) => `select distinct a.id, upper(a.grp) as grp, coalesce(nullif(a.amount, 0), 1) as amount, a.day + 1 as day from ${from}`,
  (from: string, half: number) =>
    `select a.id + e.part * ${half} as id, a.grp, a.amount + e.part as amount, a.day from ${from} cross join (values (0), (1)) e(part) where a.id < ${half}`,
]

interface NarrowModel {
  readonly at: number
  readonly half: number
}

/** Amounts are brought back to one type, so that no chain of sums outgrows it. */
function narrowSql({ at, half }: NarrowModel, reads: readonly string[]): string {
  const [first = 'source', ...others] = reads
  const joins = others.map(
    (name, index) => `left join (select id, min(amount) as amount from ${name} group by id) j${index} on j${index}.id = a.id`,
  )
  const from = [`${first} a`, ...joins].join(' ')
  const body = (KINDS[at % KINDS.length] as (from: string, half: number) => string)(from, half)
  const extra = others.map((_, index) => `+ 0 * coalesce(j${index}.amount, 0)`).join(' ')
  const sql =
    extra === '' || body.includes(' group by a.id') || body.includes('distinct') ? body : body.replace('a.amount', `(a.amount ${extra})`)
  return `select id, grp, cast(amount % 100000 as decimal(18,4)) as amount, day\nfrom (${sql}) m`
}

function wideSql(reads: readonly string[]): string {
  const [first = 'source', second] = reads
  if (first === 'source') {
    const columns = Array.from({ length: WIDE_COLUMNS }, (_, at) => `amount + ${at} as c${at}`)
    return `select id, grp, day, ${columns.join(', ')} from source`
  }
  const other = second ?? first
  const columns = Array.from(
    { length: WIDE_COLUMNS },
    (_, at) => `cast((a.c${at} + b.c${(at * 7 + 3) % WIDE_COLUMNS}) % 1000 as decimal(18,4)) as c${at}`,
  )
  return `select a.id, a.grp, b.day, ${columns.join(', ')}\nfrom ${first} a join ${other} b on a.id = b.id`
}
