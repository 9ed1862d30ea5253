import type { ChangeRecord } from '@millrace/serve/api'
import { expect, test } from 'vitest'
import { cellsOf, keyText } from './diff.ts'

function change(before: ChangeRecord['before'], after: ChangeRecord['after'], key: readonly string[] = ['id']): ChangeRecord {
  const place = { stream: 's', partition: 0, position: 0, cut: 1, transaction: 1, committedMs: 0, loggedMs: null }
  return { ...place, operation: before === null ? 'insert' : after === null ? 'delete' : 'update', key, before, after }
}

test('the cells that changed come first, and only they are marked', () => {
  const cells = cellsOf(change({ id: 1, name: 'a', total: '5.00' }, { id: 1, name: 'a', total: '6.00' }))
  expect(cells.map(({ name, changed }) => [name, changed])).toEqual([
    ['total', true],
    ['id', false],
    ['name', false],
  ])
})

test('what the source did not tell is not called a change', () => {
  expect(cellsOf(change({ id: 1 }, { id: 1, name: 'a' })).some((cell) => cell.changed)).toBe(false)
  expect(cellsOf(change(null, { id: 1, name: null })).some((cell) => cell.changed)).toBe(false)
})

test('a value that became NULL has changed', () => {
  expect(cellsOf(change({ id: 1, name: 'a' }, { id: 1, name: null }))[0]).toMatchObject({ name: 'name', changed: true })
})

test('a row is named by its key, of whichever side is known', () => {
  expect(keyText(change({ a: 1, b: 'x' }, null, ['a', 'b']))).toBe('a=1 b=x')
  expect(keyText(change(null, { c: null, d: 2, e: 3 }, []))).toBe('c=NULL d=2')
})
