import { expect, test } from 'vitest'
import { joinedParts, silentChange, type TableSignature } from './table-signature.ts'

const SIGNATURE: TableSignature = {
  oid: 1,
  storage: { '1': '100' },
  attributes: { '1': '7', '2': '7' },
  filledTo: 0,
  printed: { 'label 5': 'open' },
  masks: '',
  left: [],
}

function changed(change: Partial<TableSignature>, before: Partial<TableSignature> = {}): string | null {
  return silentChange({ ...SIGNATURE, ...before }, { ...SIGNATURE, ...before, ...change })
}

test('rows that no message told of are found by what the catalog says of the table', () => {
  expect(changed({ oid: 2 })).toContain('another table')
  expect(changed({ storage: { '1': '101' }, attributes: { '1': '7', '2': '8' } })).toContain('rewritten')
  expect(changed({ storage: { '1': '101' }, attributes: { '1': '7', '2': '7', '3': '8' } })).toContain('rewritten')
  expect(changed({ attributes: { '1': '7', '2': '7', '3': '8' }, filledTo: 3 })).toContain('default')
  expect(changed({ printed: { 'label 5': 'begun' } })).toContain('printed')
  expect(changed({ masks: 'hash' })).toContain('masked')
  expect(changed({ left: [] }, { left: [2] })).toContain('left out')
  expect(silentChange(SIGNATURE, { ...SIGNATURE, generated: [2] })).toContain('left out')
  expect(changed({ storage: {} })).toContain('detached')
})

test('what changes no row is no reason: a new file alone, a column without a default, a label or a partition more', () => {
  expect(changed({})).toBe(null)
  expect(changed({ storage: { '1': '101' } })).toBe(null)
  expect(changed({ attributes: { '1': '7', '2': '9', '3': '9' } })).toBe(null)
  expect(changed({ attributes: { '1': '7' } }, { filledTo: 2 })).toBe(null)
  expect(changed({ printed: { 'label 5': 'open', 'label 6': 'done' } })).toBe(null)
  expect(changed({ printed: {} })).toBe(null)
  expect(silentChange(SIGNATURE, { ...SIGNATURE, generated: [2], left: [2] })).toBe(null)
  expect(changed({}, { generated: [2] })).toBe(null)
  expect(changed({ storage: { '1': '100', '2': '300' } })).toBe(null)
  expect(joinedParts(SIGNATURE, { ...SIGNATURE, storage: { '1': '100', '2': '300' } })).toEqual(['2'])
})
