/** A step of several models at once: each begins as soon as those that it is built on have told their changes. */
import { MillraceError } from '@millrace/base'
import type { RelationChange } from '../operator/operator.ts'
import type { ZBatch } from '../zset/z-batch.ts'
import type { LiveUnit } from './live-unit.ts'

export type Stepped =
  | { readonly kind: 'stepped'; readonly change: ZBatch }
  | { readonly kind: 'failed'; readonly error: MillraceError }
  /** It is built on one that failed. */
  | { readonly kind: 'skipped' }

/** In dependency order, as the units are. Any error but that a model has no answer is raised, once no unit is at work any more. */
export async function stepUnits(
  units: readonly LiveUnit[],
  changes: ReadonlyMap<string, RelationChange>,
  isPartial = false,
): Promise<ReadonlyMap<LiveUnit, Stepped>> {
  const known = new Map(changes)
  const running = new Map<string, Promise<Stepped>>()
  const all: Promise<Stepped>[] = []
  for (const unit of units) {
    const inputs = unit.model.inputs.flatMap((input) => running.get(input) ?? [])
    const step = stepUnit(unit, inputs, { known, isPartial })
    running.set(unit.model.name, step)
    all.push(step)
  }
  const settled = await Promise.allSettled(all)
  const broken = settled.find((each) => each.status === 'rejected')
  if (broken !== undefined) throw broken.reason
  return new Map(settled.flatMap((each, at) => (each.status === 'fulfilled' ? [[units[at] as LiveUnit, each.value] as const] : [])))
}

interface UnitStep {
  readonly known: Map<string, RelationChange>
  readonly isPartial: boolean
}

async function stepUnit(unit: LiveUnit, inputs: readonly Promise<Stepped>[], { known, isPartial }: UnitStep): Promise<Stepped> {
  try {
    const before = await Promise.all(inputs)
    if (before.some(({ kind }) => kind !== 'stepped')) return { kind: 'skipped' }
    const change = await unit.step((relation) => known.get(relation) ?? null, isPartial)
    known.set(unit.model.name, unit.asRelation(change))
    return { kind: 'stepped', change }
  } catch (error) {
    if (!(error instanceof MillraceError) || error.code !== 'LIVE_EVALUATION') throw error
    return { kind: 'failed', error }
  }
}
