/**
 * All models move together, in one lane. While a change that takes long goes through some of them, those that have
 * no stream in common with these move in a lane of their own, so that nobody waits for what does not concern him;
 * once both are at the same cut they are one again. No model ever reads what moves in both.
 */
import type { CutRange } from '@millrace/core'
import type { BoundModel } from '@millrace/sql'
import type { LiveProgress } from './live-progress.ts'

export class Lane {
  readonly cut: number
  readonly isApart: boolean
  readonly has: (name: string) => boolean

  constructor({ cut, isApart, has }: { cut: number; isApart: boolean; has: (name: string) => boolean }) {
    this.cut = cut
    this.isApart = isApart
    this.has = has
  }
}

export function lanesOf({ cut, apart }: LiveProgress): readonly Lane[] {
  if (apart === undefined) return [new Lane({ cut, isApart: false, has: () => true })]
  const names = new Set(apart.names)
  return [
    new Lane({ cut, isApart: false, has: (name) => !names.has(name) }),
    new Lane({ cut: apart.cut, isApart: true, has: (name) => names.has(name) }),
  ]
}

/** The names of the streams and models that have nothing to do with these streams, over however many models. */
export function unrelatedTo(streams: ReadonlySet<string>, models: readonly BoundModel[]): ReadonlySet<string> {
  const related = new Set(streams)
  for (let before = -1; before !== related.size;) {
    before = related.size
    for (const { name, inputs } of models) {
      if (related.has(name) || inputs.some((input) => related.has(input))) for (const each of [name, ...inputs]) related.add(each)
    }
  }
  return new Set(models.flatMap(({ name, inputs }) => [name, ...inputs]).filter((name) => !related.has(name)))
}

/** The streams of a range that have many of its changes. */
export function busyStreams({ batches }: CutRange, changesLeast: number): ReadonlySet<string> {
  const changes = new Map<string, number>()
  for (const { stream, count } of batches) changes.set(stream, (changes.get(stream) ?? 0) + count)
  const busy = [...changes].filter(([, count]) => count >= changesLeast).map(([stream]) => stream)
  return new Set(busy.length > 0 ? busy : changes.keys())
}
