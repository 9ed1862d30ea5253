/**
 * How a model is spread over workers: the greatest parts of its plan that can be dealt to shards by a key,
 * and what is left over them. What is left is computed where the models are run; a plan of which nothing can
 * be dealt is computed as a whole by one worker.
 */
import { oncePerPlan, type Plan, planInputs, type Scan, uniqueKeyOf, withPlanInputs } from '@millrace/sql'
import { PlanIdentity } from '../plan-identity.ts'
import { type Exchange, Exchanges } from './exchange.ts'
import { shardableColumns, shardAnyhow, shardBy } from './shard-by.ts'

/** A part of a plan that workers compute. */
export interface SpreadPart {
  /** Under which the rest knows what it yields. */
  readonly name: string
  /** Over exchanges. */
  readonly plan: Plan
  readonly exchanges: readonly Exchange[]
  /** `shards`: all workers, each for its rows; `whole`: one worker. */
  readonly over: 'shards' | 'whole'
  /** Equal rows of the result come from the same shard, so that none takes back what another told. */
  readonly isApart: boolean
}

export interface SpreadPlan {
  readonly parts: readonly SpreadPart[]
  /** Over the parts; null where the only part is all of the plan. */
  readonly rest: Plan | null
}

/** Keys of more columns are tried whole and column by column. */
const SUBSET_COLUMNS_LIMIT = 4

export function spreadPlan(plan: Plan): SpreadPlan {
  const cut = new Cutting()
  const all = cut.of(plan)
  if (all.kind === 'stateless') return { parts: [cut.dealt(all.plan)], rest: null }
  if (all.kind === 'sharded') return { parts: [partOf(all)], rest: null }
  return cut.parts.length > 0 ? { parts: cut.parts, rest: all.plan } : { parts: [wholePart(plan)], rest: null }
}

function wholePart(plan: Plan): SpreadPart {
  const exchanges = new Exchanges()
  return { name: 'whole', plan: shardAnyhow(plan, exchanges), exchanges: exchanges.all(), over: 'whole', isApart: true }
}

interface Sharded {
  readonly kind: 'sharded'
  readonly plan: Plan
  /** Over the relations as they are, to know it again. */
  readonly original: Plan
  readonly exchanges: readonly Exchange[]
  /** The columns of its result that tell the shard; null where not all are there. */
  readonly columns: readonly number[] | null
}

/** `stateless`: remembers no rows. `rest`: over what was cut off below. */
type Cut = Sharded | { readonly kind: 'stateless' | 'rest'; readonly plan: Plan }

class Cutting {
  readonly parts: SpreadPart[] = []
  readonly #identity = new PlanIdentity()
  readonly #scans = new Map<number, Scan>()

  /** The same for all readers of a part. */
  readonly of: (plan: Plan) => Cut = oncePerPlan((plan) => this.#cut(plan))

  #cut(plan: Plan): Cut {
    switch (plan.kind) {
      case 'scan':
        return { kind: 'stateless', plan }
      case 'rows':
        return { kind: 'rest', plan }
      case 'filter':
      case 'project':
      case 'unnest':
        return above(plan, this.of(plan.input))
      case 'union':
        return this.#ofUnion(plan)
      default:
        return sharded(plan) ?? this.#rest(plan)
    }
  }

  dealt(plan: Plan): SpreadPart {
    const exchanges = new Exchanges()
    return { name: 'dealt', plan: shardAnyhow(plan, exchanges), exchanges: exchanges.all(), over: 'shards', isApart: false }
  }

  #ofUnion(plan: Plan): Cut {
    const cuts = planInputs(plan).map((input) => this.of(input))
    if (cuts.every((cut) => cut.kind === 'stateless')) return { kind: 'stateless', plan }
    if (cuts.some((cut) => cut.kind === 'rest')) return this.#over(plan, cuts)
    const exchanges = new Exchanges()
    const inputs = cuts.map((cut) => (cut.kind === 'sharded' ? cut.plan : shardAnyhow(cut.plan, exchanges)))
    const own = cuts.flatMap((cut) => (cut.kind === 'sharded' ? cut.exchanges : []))
    const all = merged([...own, ...exchanges.all()])
    return { kind: 'sharded', plan: withPlanInputs(plan, inputs), original: plan, exchanges: all, columns: null }
  }

  #rest(plan: Plan): Cut {
    return this.#over(
      plan,
      planInputs(plan).map((input) => this.of(input)),
    )
  }

  #over(plan: Plan, cuts: readonly Cut[]): Cut {
    const inputs = cuts.map((cut) => (cut.kind === 'sharded' ? this.#scanOf(cut) : cut.plan))
    return { kind: 'rest', plan: withPlanInputs(plan, inputs) }
  }

  /** What the rest reads of a part; of parts that mean the same, the same. */
  #scanOf(cut: Sharded): Scan {
    const number = this.#identity.of(cut.original)
    const known = this.#scans.get(number)
    if (known !== undefined) return known
    const part = partOf(cut, `(part ${number})`)
    const { types } = cut.plan
    const key = uniqueKeyOf(cut.original).map(partColumn)
    const scan: Scan = { kind: 'scan', types, relation: part.name, columns: types.map((_, at) => partColumn(at)), key }
    this.parts.push(part)
    this.#scans.set(number, scan)
    return scan
  }
}

/** The name of a part's column. */
export function partColumn(at: number): string {
  return `column ${at}`
}

function partOf({ plan, exchanges, columns }: Sharded, name = 'all'): SpreadPart {
  return { name, plan, exchanges, over: 'shards', isApart: columns !== null }
}

/** An operator that remembers nothing, above what was cut. */
function above(plan: Plan, cut: Cut): Cut {
  if (cut.kind === 'stateless') return { kind: 'stateless', plan }
  const over = withPlanInputs(plan, [cut.plan])
  if (cut.kind !== 'sharded') return { kind: 'rest', plan: over }
  return { ...cut, plan: over, original: plan, columns: carried(plan, cut.columns) }
}

/** Where a plan's operator puts columns of its input. */
function carried(plan: Plan, columns: readonly number[] | null): readonly number[] | null {
  if (plan.kind !== 'project' || columns === null) return columns
  const places = columns.map((column) => plan.expressions.findIndex((each) => each.kind === 'column' && each.index === column))
  return places.includes(-1) ? null : places
}

/** Dealt by as many columns as possible: the more there are, the more evenly it spreads. */
function sharded(plan: Plan): Sharded | null {
  for (const columns of subsets(shardableColumns(plan))) {
    const exchanges = new Exchanges()
    const over = shardBy(plan, columns, exchanges)
    if (over !== null) return { kind: 'sharded', plan: over, original: plan, exchanges: exchanges.all(), columns }
  }
  return null
}

function subsets(columns: readonly number[]): readonly (readonly number[])[] {
  if (columns.length > SUBSET_COLUMNS_LIMIT) return [columns, ...columns.map((column) => [column])]
  const all: number[][] = [[]]
  for (const column of columns) all.push(...all.map((subset) => [...subset, column]))
  return all.filter((subset) => subset.length > 0).sort((one, other) => other.length - one.length)
}

function merged(exchanges: readonly Exchange[]): readonly Exchange[] {
  const all = new Map<string, Exchange>()
  for (const exchange of exchanges) {
    const columns = [...new Set([...(all.get(exchange.name)?.columns ?? []), ...exchange.columns])]
    all.set(exchange.name, { ...exchange, columns })
  }
  return [...all.values()]
}
