import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decodeVectors, encodeVectors } from './codec/batch-codec.ts'
import { packedTextOf } from './packed-text.ts'
import { CELL, valueAt, VectorBuilder } from './vector.ts'

const texts = fc.oneof(
  fc.constantFrom('', 'open', 'paid', 'refunded'),
  fc.string({ maxLength: 60 }),
  fc.string({ unit: 'grapheme', maxLength: 12 }),
  fc.nat(99_999).map((value) => `note ${value} `.repeat(30)),
)
type Step =
  | { readonly kind: 'bytes' | 'string'; readonly text: string }
  | { readonly kind: 'null' }
  | { readonly kind: 'undo'; readonly rows: number }
const steps = (isMixed: boolean): fc.Arbitrary<Step[]> =>
  fc.array(
    fc.oneof(
      {
        weight: 12,
        arbitrary: fc.record({ kind: fc.constantFrom<('bytes' | 'string')[]>('bytes', isMixed ? 'string' : 'bytes'), text: texts }),
      },
      { weight: 2, arbitrary: fc.constant<Step>({ kind: 'null' }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('undo' as const), rows: fc.nat(5) }) },
    ),
    { maxLength: 120 },
  )

/** The same steps, once with every text as a string. */
function build(taken: readonly Step[], asString: boolean, builder = new VectorBuilder('text', 4)): ReturnType<VectorBuilder['finish']> {
  for (const step of taken) {
    if (step.kind === 'null') builder.pushCell(CELL.NULL)
    else if (step.kind === 'undo') builder.truncate(Math.max(0, builder.count - step.rows))
    else if (asString || step.kind === 'string') builder.pushText(step.text)
    else {
      const bytes = Buffer.from(`<<${step.text}>>`)
      builder.pushUtf8(bytes, 2, bytes.length - 2)
    }
  }
  return builder.finish()
}

function valuesOf(vector: ReturnType<VectorBuilder['finish']>): unknown[] {
  return Array.from({ length: vector.values.length }, (_, row) => valueAt(vector, row))
}

test('text that came as bytes is the text that came as strings, in memory and stored', () => {
  fc.assert(
    fc.property(fc.boolean().chain(steps), (taken) => {
      const [packed, plain] = [build(taken, false), build(taken, true)]
      const count = plain.values.length
      expect(Buffer.from(encodeVectors([packed], count))).toEqual(Buffer.from(encodeVectors([plain], count)))
      expect(valuesOf(packed)).toEqual(valuesOf(plain))
      const [stored] = decodeVectors(encodeVectors([packed], count)).vectors
      expect(stored === undefined ? [] : valuesOf(stored)).toEqual(valuesOf(plain))
    }),
    { numRuns: 300 },
  )
})

test('a builder that is used again tells nothing of what it held before', () => {
  fc.assert(
    fc.property(steps(true), steps(true), (first, second) => {
      const builder = new VectorBuilder('text')
      build(first, false, builder)
      builder.reuse()
      expect(valuesOf(build(second, false, builder))).toEqual(valuesOf(build(second, true)))
    }),
  )
})

test('text stays bytes on its way into the store, unless a character is beyond ASCII', () => {
  const of = (text: string): boolean => packedTextOf(build([{ kind: 'bytes', text }], false)) !== null
  expect([of('plain'), of('naïve'), of('🦆')]).toEqual([true, false, false])
})

test('values of many rows and few are kept once, whether they came as bytes or as strings', () => {
  const taken = Array.from({ length: 20_000 }, (_, row): Step => ({ kind: 'bytes', text: `value number ${Math.floor(row / 30)}` }))
  const [packed, plain] = [build(taken, false), build(taken, true)]
  const stored = encodeVectors([packed], taken.length)
  expect(Buffer.from(stored)).toEqual(Buffer.from(encodeVectors([plain], taken.length)))
  expect(stored.length).toBeLessThan(60_000)
})
