/**
 * Channels that want certain values in certain columns, found by those values: what a change costs does
 * not grow with the number of values that somebody waits for.
 */
import { type Batch, OPERATION } from '@millrace/core'
import type { Channel } from './channel.ts'
import { wantedText } from './row-filter.ts'
import { identityText } from './row-identity.ts'
import { type BatchText, valuesAt } from './row-text.ts'
import { changeText } from './wanted-changes.ts'

type Tell = (channel: Channel, change: string, row: number) => void

interface Group {
  readonly columns: readonly number[]
  readonly channels: Map<string, Channel>
}

export class MatchGroups {
  readonly #groups = new Map<string, Group>()

  add(channel: Channel): void {
    const { match, condition } = channel.filter
    if (match === null || condition !== null) return
    const name = match.columns.join(',')
    const group = this.#groups.get(name) ?? { columns: match.columns, channels: new Map<string, Channel>() }
    this.#groups.set(name, group)
    group.channels.set(wantedText(match), channel)
  }

  remove(channel: Channel): void {
    const { match } = channel.filter
    const group = match === null ? undefined : this.#groups.get(match.columns.join(','))
    if (match === null || group === undefined || !this.has(channel)) return
    group.channels.delete(wantedText(match))
    if (group.channels.size === 0) this.#groups.delete(match.columns.join(','))
  }

  has({ filter }: Channel): boolean {
    return filter.match !== null && filter.condition === null
  }

  tell(text: BatchText, tell: Tell): void {
    for (const group of this.#groups.values()) tellGroup(group, text, tell)
  }
}

function tellGroup({ columns, channels }: Group, text: BatchText, tell: Tell): void {
  const { batch } = text
  for (let row = 0; row < batch.count; row += 1) {
    const operation = batch.operations[row]
    if (operation === OPERATION.TRUNCATE) {
      for (const channel of channels.values()) tell(channel, changeText(text, row, true, true) as string, row)
      continue
    }
    const now = channels.get(wantedBy(batch, columns, { row, side: 'after' }))
    const then = operation === OPERATION.UPDATE ? channels.get(wantedBy(batch, columns, { row, side: 'before' })) : now
    if (now !== undefined) tell(now, changeText(text, row, true, now === then) as string, row)
    if (then !== undefined && then !== now) tell(then, changeText(text, row, false, true) as string, row)
  }
}

/** What the columns of a row read; a NULL is wanted by nobody. */
function wantedBy(batch: Batch, columns: readonly number[], { row, side }: { row: number; side: 'after' | 'before' }): string {
  const vectors = side === 'after' ? batch.after : (batch.before ?? [])
  const values = valuesAt(
    columns.flatMap((column) => vectors[column] ?? []),
    row,
  )
  return values.includes(null) ? '' : identityText(values, [...values.keys()])
}
