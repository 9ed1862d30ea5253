/**
 * Random histories of a folder: files appear, change, are touched, replaced and deleted, and capture is
 * stopped, killed (its commits fail from then on) and started in between. The oracle knows, for each content that
 * rested long enough to be seen, that its rows are in the stream once.
 */
import { rmSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { LogWriter } from '@millrace/core'
import type { Store } from '@millrace/store'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { FilesRig } from './fixtures/files-rig.ts'

interface Step {
  readonly kind: 'put' | 'touch' | 'delete' | 'same' | 'restart' | 'break' | 'rest'
  readonly file: number
  readonly rows: number
}

const step: fc.Arbitrary<Step> = fc.record({
  kind: fc.oneof(
    { weight: 5, arbitrary: fc.constant('put' as const) },
    { weight: 3, arbitrary: fc.constantFrom('touch' as const, 'delete' as const, 'same' as const) },
    { weight: 3, arbitrary: fc.constantFrom('restart' as const, 'break' as const, 'rest' as const) },
  ),
  file: fc.nat(4),
  rows: fc.nat(6),
})

/** Some commits fail, as those of a process that is killed do: before anything, or after all of it. */
class BreakableWriter implements LogWriter {
  breakAfter = Infinity
  readonly #store: Store

  constructor(store: Store) {
    this.#store = store
  }

  async commit(set: Parameters<LogWriter['commit']>[0]): ReturnType<LogWriter['commit']> {
    this.breakAfter -= 1
    if (this.breakAfter < 0) throw new Error('killed')
    const committed = await this.#store.commit(set)
    if (this.breakAfter === 0) throw new Error('killed')
    return committed
  }
}

async function run(steps: readonly Step[]): Promise<void> {
  let writer: BreakableWriter | undefined
  const rig = new FilesRig(
    { streams: { orders: { files: '*.csv', format: { type: 'csv', columns: { id: 'int32', name: 'text' } } } } },
    { writer: (store) => (writer = new BreakableWriter(store)) },
  )
  const contents = new Map<string, string>()
  const expected: string[] = []
  /** The content whose rows were read last, by file: equal content again is not another version. */
  const read = new Map<string, string>()
  let next = 1
  const rest = async (): Promise<void> => {
    await rig.idle()
    for (const [file, content] of contents) {
      if (read.get(file) === content) continue
      read.set(file, content)
      expected.push(...content.trim().split('\n').slice(1))
    }
  }
  try {
    await rig.start()
    for (const each of steps) {
      if (each.kind === 'rest') await rest()
      else if (each.kind === 'restart') {
        await rest()
        await rig.stop()
        await rig.start()
      } else if (each.kind === 'break') {
        await rest()
        ;(writer as BreakableWriter).breakAfter = next % 3
        const late = `${next},${'z'.repeat(1 + (next % 5))}`
        next += 1
        rig.put('late.csv', `id,name\n${late}\n`)
        contents.set('late.csv', `id,name\n${late}\n`)
        await rig.failure()
        await rig.start()
        await rest()
      } else {
        const file = `${each.file}.csv`
        const content = contents.get(file)
        if (each.kind === 'put') {
          const rows = Array.from({ length: each.rows }, (_, at) => `${next + at},n${next + at}\n`)
          next += each.rows
          const fresh = `id,name\n${rows.join('')}`
          // What is overwritten before it was seen was never there.
          await rest()
          contents.set(file, fresh)
          rig.put(file, fresh)
        } else if (content !== undefined && each.kind === 'delete') {
          await rest()
          contents.delete(file)
          rmSync(join(rig.inbox, file))
        } else if (content !== undefined && each.kind === 'touch') utimesSync(join(rig.inbox, file), next + 1_000_000, next + 1_000_000)
        else if (content !== undefined) rig.put(file, content)
      }
    }
    await rest()
    const rows = rig.rows().map((text) => text.replace(' ', ','))
    expect(rows.toSorted()).toEqual(expected.toSorted())
    const ids = rig.changes('in.orders').map(({ transaction, index }) => `${transaction}.${index}`)
    expect(new Set(ids).size).toBe(ids.length)
    const transactions = rig.changes('in.orders').map(({ transaction }) => transaction)
    expect(transactions).toEqual(transactions.toSorted((left, right) => left - right))
  } finally {
    await rig.close()
  }
}

test('after any history each content is in the stream once, in the order of transactions', async () => {
  await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 14 }), run), { numRuns: 12, endOnFailure: true })
})

type Table = readonly (readonly [key: number, value: string])[]

const table: fc.Arbitrary<Table> = fc.uniqueArray(fc.tuple(fc.nat(12), fc.constantFrom('a', 'b', 'c')), {
  selector: ([key]) => key,
  maxLength: 12,
})

/** The stream folded by key, where each change must fit what was there before. */
function folded(rig: FilesRig): string[] {
  const rows = new Map<string, string>()
  for (const { operation, after, before } of rig.changes('in.orders')) {
    const key = String(after[0])
    expect(rows.has(key)).toBe(operation !== 'insert')
    if (operation === 'update') expect(before).toEqual([after[0], rows.get(key)])
    if (operation === 'delete') rows.delete(key)
    else rows.set(key, String(after[1]))
  }
  return [...rows].map(([key, value]) => `${key} ${value}`).toSorted()
}

test('after any sequence of files that are whole tables, the stream adds up to the last of them', async () => {
  const property = fc.asyncProperty(
    fc.array(fc.tuple(table, fc.constantFrom('go', 'restart', 'break')), { maxLength: 4 }),
    async (steps) => {
      let writer: BreakableWriter | undefined
      const format = { type: 'csv', columns: { id: 'int32', name: 'text' } } as const
      const rig = new FilesRig(
        { streams: { orders: { files: '*.csv', format, key: ['id'], rows: 'replace' } } },
        { writer: (store) => (writer = new BreakableWriter(store)) },
      )
      try {
        await rig.start()
        for (const [at, [rows, what]] of steps.entries()) {
          await rig.idle()
          if (what === 'break') (writer as BreakableWriter).breakAfter = at + (rows.length % 5)
          rig.put(`${at % 2}.csv`, `id,name\n${rows.map(([key, value]) => `${key},${value}\n`).join('')}`)
          if (what === 'restart') await rig.stop()
          // A content that is no news makes too few commits to be broken in.
          if (what === 'break') await Promise.race([rig.failure(), sleep(300)])
          if (what === 'break') await rig.stop()
          if (what !== 'go') await rig.start()
          await rig.idle()
          expect(folded(rig)).toEqual(rows.map(([key, value]) => `${key} ${value}`).toSorted())
        }
      } finally {
        await rig.close()
      }
    },
  )
  await fc.assert(property, { numRuns: 8, endOnFailure: true })
})
