import { describe, expect, it } from 'vitest'
import type { Type } from './type.ts'
import { typeFromName, typeNameOf } from './type-name.ts'

const TYPES: readonly Type[] = [
  { kind: 'int64' },
  { kind: 'interval' },
  { kind: 'decimal', width: 12, scale: 2 },
  { kind: 'enum', members: ['new', 'a "quoted", (one)', ''] },
  { kind: 'list', element: { kind: 'list', element: { kind: 'decimal', width: 38, scale: 0 } } },
  { kind: 'map', key: { kind: 'text' }, value: { kind: 'map', key: { kind: 'date' }, value: { kind: 'list', element: { kind: 'int8' } } } },
  {
    kind: 'struct',
    fields: [
      { name: 'a b', type: { kind: 'text' } },
      { name: 'x"', type: { kind: 'list', element: { kind: 'enum', members: ['y'] } } },
    ],
  },
]

describe('the name of a type', () => {
  it.each(TYPES)('tells all of it: %j', (type) => {
    expect(typeFromName(typeNameOf(type))).toEqual(type)
  })

  it.each([
    '',
    'int65',
    'decimal(0,0)',
    'decimal(3,4)',
    'decimal(39,1)',
    'list(int64',
    'list()',
    'map(text)',
    'map(text,int64,int64)',
    'int64)',
    'enum(new)',
    'struct("a")',
    'list(int64) ',
  ])('is none: %j', (name) => {
    expect(typeFromName(name)).toBeNull()
  })

  it('may be nested so deep, and no deeper', () => {
    const nested = (depth: number): string => `${'list('.repeat(depth)}int8${')'.repeat(depth)}`
    expect(typeFromName(nested(30))).not.toBeNull()
    expect(typeFromName(nested(100_000))).toBeNull()
  })
})
