/** A live model whose plan is computed in shards. */
import { type Layout, layoutOf } from '@millrace/core'
import { type BoundModel, EvaluationFailure, layoutOfExpression } from '@millrace/sql'
import { compilePlan } from '../compile-plan.ts'
import type { Operator, RelationChange } from '../operator/operator.ts'
import { evaluationError } from '../runner/evaluation-error.ts'
import type { LiveUnit } from '../runner/live-unit.ts'
import type { ModelState } from '../runner/model-status.ts'
import type { StateMemory } from '../spill/state-memory.ts'
import { StateScope } from '../spill/state-scope.ts'
import { carried, uncarried } from './carried-batch.ts'
import { runnablePlan } from '../runner/model-graph.ts'
import { Consolidator } from '../zset/consolidate.ts'
import { concatBatches, type ZBatch } from '../zset/z-batch.ts'
import { dealRows } from './deal-rows.ts'
import type { ShardInput } from './shard.ts'
import type { HeldShard, ShardHost } from './shard-host.ts'
import { partColumn, type SpreadPart, spreadPlan } from './spread-plan.ts'

interface SpreadShard {
  readonly held: HeldShard
  isNew: boolean
  size: ModelState
}

/** Where the parts of a model are computed, and what is left of it remembers. */
export interface SpreadPlaces {
  readonly host: ShardHost
  readonly memory: StateMemory
}

interface Part {
  readonly part: SpreadPart
  readonly layouts: readonly Layout[]
  readonly shards: readonly SpreadShard[]
}

type Changes = (relation: string) => RelationChange | null

export class SpreadUnit implements LiveUnit {
  readonly model: BoundModel
  readonly layouts: readonly Layout[]
  readonly #parts: readonly Part[]
  readonly #rest: Operator | null
  readonly #memory: StateMemory
  readonly #scope: StateScope
  readonly #consolidator: Consolidator
  readonly #columns: ReadonlyMap<string, number>
  #isNew = true

  constructor(model: BoundModel, { host, memory }: SpreadPlaces) {
    const { parts, rest } = spreadPlan(runnablePlan(model))
    this.model = model
    this.layouts = model.schema.columns.map((column) => layoutOf(column.type))
    const key = rest === null ? model.schema.key : null
    this.#parts = parts.map((part) => opened(part, host, part.isApart ? key : null))
    this.#memory = memory
    this.#scope = new StateScope(memory)
    this.#rest = rest === null ? null : compilePlan(rest, this.#scope)
    this.#consolidator = new Consolidator(this.layouts, model.schema.key)
    this.#columns = new Map(model.schema.columns.map((column, at) => [column.name, at]))
  }

  get stateSize(): ModelState {
    const rest = { rows: this.#rest?.size().rows ?? 0, ...this.#scope.size }
    const sizes = this.#parts.flatMap(({ shards }) => shards.map(({ size }) => size))
    return sizes.reduce(
      (sum, { rows, held, spilled }) => ({ rows: sum.rows + rows, held: sum.held + held, spilled: sum.spilled + spilled }),
      rest,
    )
  }

  async step(change: Changes): Promise<ZBatch> {
    try {
      const told = await Promise.all(this.#parts.map((part) => stepPart(part, change)))
      if (this.#rest !== null) return this.#consolidator.consolidate(this.#stepRest(this.#rest, told, change))
      const [all] = told as [ZBatch]
      return this.#parts[0]?.part.isApart === true ? all : this.#consolidator.consolidate(all)
    } catch (error) {
      throw error instanceof EvaluationFailure ? evaluationError(this.model, error) : error
    }
  }

  #stepRest(rest: Operator, told: readonly ZBatch[], change: Changes): ZBatch {
    const parts = new Map<string, RelationChange>()
    for (const [at, { part }] of this.#parts.entries()) {
      parts.set(part.name, { batch: told[at] as ZBatch, laneIndex: columnIndexes(told[at] as ZBatch) })
    }
    const first = this.#isNew
    this.#isNew = false
    return rest.step({ first, change: (relation) => parts.get(relation) ?? change(relation) })
  }

  asRelation(batch: ZBatch): RelationChange {
    return { batch, laneIndex: (column) => this.#columns.get(column) ?? -1 }
  }

  close(): void {
    this.#memory.release(this.#scope)
    for (const { shards } of this.#parts) for (const { held } of shards) held.close()
  }
}

function columnIndexes({ lanes }: ZBatch): (column: string) => number {
  const places = new Map(lanes.map((_, at) => [partColumn(at), at]))
  return (column) => places.get(column) ?? -1
}

function opened(part: SpreadPart, host: ShardHost, together: readonly number[] | null): Part {
  const places = part.over === 'whole' ? [host.nextWhole()] : Array.from({ length: host.size }, (_, at) => at)
  const shards = places.map((at) => ({
    held: host.open(at, { plan: part.plan, together }),
    isNew: true,
    size: { rows: 0, held: 0, spilled: 0 },
  }))
  return { part, layouts: part.plan.types.map(layoutOfExpression), shards }
}

/** All shards at once; those that get no rows are not asked. */
async function stepPart({ part, layouts, shards }: Part, change: Changes): Promise<ZBatch> {
  const inputs = inputsOf(part, shards.length, change)
  const answers = await Promise.all(shards.map((shard, at) => stepShard(shard, inputs[at] as readonly ShardInput[])))
  return concatBatches(
    answers.filter((batch) => batch !== null),
    layouts,
  )
}

function inputsOf({ exchanges }: SpreadPart, shards: number, change: Changes): readonly (readonly ShardInput[])[] {
  const inputs = Array.from({ length: shards }, (): ShardInput[] => [])
  for (const exchange of exchanges) {
    const changed = change(exchange.relation)
    if (changed === null || changed.batch.count === 0) continue
    const { name, columns } = exchange
    for (const [at, batch] of dealRows(changed, exchange, shards).entries()) {
      if (batch.count > 0) inputs[at]?.push({ name, columns, batch: carried(batch) })
    }
  }
  return inputs
}

async function stepShard(shard: SpreadShard, inputs: readonly ShardInput[]): Promise<ZBatch | null> {
  if (inputs.length === 0 && !shard.isNew) return null
  shard.isNew = false
  const answer = await shard.held.step(inputs)
  if (answer.kind === 'failed') throw new EvaluationFailure(answer.problem, answer.place)
  shard.size = answer.size
  return uncarried(answer.batch)
}
