import { assert } from '@millrace/base'
import { describe, expect, it } from 'vitest'
import { bindModels } from '../bind-models.ts'
import { compilePredicate, compileProjection } from '../compile/compile.ts'
import { EvaluationFailure } from '../compile/evaluation-failure.ts'
import { type Lane, laneFrom, laneValueAt } from '../compile/lane.ts'
import { type Expression, shiftColumns } from '../expression/expression.ts'
import type { Value } from '@millrace/core'
import { ForeignSite, siteKey } from './foreign-site.ts'

const SCHEMA = {
  columns: [
    { name: 's', type: { kind: 'text' as const }, nullable: true },
    { name: 'i', type: { kind: 'int32' as const }, nullable: true },
  ],
  key: [],
}

/** The expression over `s` and `i`, bound as a model's only column. */
async function bound(sql: string): Promise<Expression> {
  const request = { models: [{ name: 'probe', sql: `select ${sql} as r, s, i from t` }], streams: [{ name: 't', schema: SCHEMA }] }
  const { bound: models, errors } = await bindModels(request)
  expect(errors).toEqual([])
  const plan = models[0]?.plan
  assert(plan?.kind === 'project' && plan.input.kind === 'scan', 'the probe is a projection of a scan')
  const { columns } = plan.input
  return shiftColumns(plan.expressions[0] as Expression, (index) => (columns[index] === 's' ? 0 : 1))
}

function lanes(texts: readonly Value[], numbers: readonly Value[]): readonly Lane[] {
  return [laneFrom('text', texts), laneFrom('integer', numbers)]
}

async function computed(sql: string, texts: readonly Value[], numbers: readonly Value[] = texts.map(() => 1)): Promise<readonly Value[]> {
  const [lane] = compileProjection([await bound(sql)])(lanes(texts, numbers), texts.length)
  return texts.map((_, row) => laneValueAt(lane as Lane, row))
}

describe('what DuckDB evaluates', () => {
  it('is computed for every row, each different input once', async () => {
    const texts = Array.from({ length: 5000 }, (_, at) => (at % 3 === 0 ? null : `a${at % 700}`))
    const expected = texts.map((text) => (text === null ? null : Array.from(text).toReversed().join('')))
    expect(await computed('reverse(s)', texts)).toEqual(expected)
  })

  it('has no value for a row that DuckDB has none for, and says so without the row', async () => {
    const failing = computed('s::int', ['1', 'secret'])
    await expect(failing).rejects.toThrow(EvaluationFailure)
    await expect(failing).rejects.toThrow('a cast of VARCHAR to INTEGER has no value for a row: conversion error')
    await expect(failing).rejects.not.toThrow(/secret/)
  })

  it('tells the place of what failed', async () => {
    await expect(computed('s::int', ['x'])).rejects.toMatchObject({ place: 8 })
  })

  it.each([
    ["case when s <> 'x' then s::int end", [1, null]],
    ["s <> 'x' and s::int > 0", [true, false]],
    ["s = 'x' or s::int > 0", [true, true]],
    ['coalesce(nullif(i, 1), s::int)', [1, 2]],
    ['len(case when i < 2 then [i + 2147483646] else [] end)', [1, 0]],
    ['len(coalesce(if(i = 2, [], null), [i + 2147483646]))', [1, 0]],
    ["case when regexp_matches(s, '^[0-9]+$') then s::int else i end", [1, 2]],
  ] as const)('%s evaluates only what a row reaches', async (sql, expected) => {
    expect(await computed(sql, ['1', 'x'], [1, 2])).toEqual(expected)
  })

  it('may stand within itself, with parts of ours between', async () => {
    const sql = "case when i > 0 then repeat(case when s = '' then lpad(i::varchar, 3, '0') else reverse(s) end, i) end"
    expect(await computed(sql, ['', 'ab', 'x'], [2, 3, 0])).toEqual(['002002', 'bababa', null])
  })

  it('decides which rows a filter lets pass, in their order', async () => {
    const predicate = compilePredicate(await bound("regexp_matches(s, '^[a-c]+$') and length_grapheme(s) > i"))
    const selection = new Int32Array(4)
    expect(predicate(lanes(['abc', 'xyz', null, 'cc'], [1, 1, 1, 1]), 4, selection)).toBe(2)
    expect([...selection.subarray(0, 2)]).toEqual([0, 3])
  })

  it('is the same whatever came before it', async () => {
    const projection = compileProjection([await bound('length_grapheme(s)')])
    const ask = (text: string): Value => laneValueAt(projection(lanes([text], [1]), 1)[0] as Lane, 0)
    expect(['abc', 'é😀', 'abc', 'héllo'].map(ask)).toEqual([3, 2, 3, 5])
  })
})

describe('a site', () => {
  function site(): ForeignSite {
    return new ForeignSite({ sql: 'reverse(a0)', inputs: [{ kind: 'text' }], output: { kind: 'text' }, label: 'reverse', place: -1 })
  }

  it('law 8: keeps no more than it may, and evaluates anew what it dropped', () => {
    const reversing = site()
    const ask = (texts: readonly string[]): void => {
      for (const text of texts) if (reversing.find(text) === undefined) reversing.want(text, [text])
      reversing.resolve()
    }
    ask(Array.from({ length: 1000 }, (_, at) => `t${at}`))
    expect(reversing.bytes).toBeGreaterThan(100_000)
    reversing.shrink(10_000)
    expect(reversing.bytes).toBeLessThanOrEqual(10_000)
    expect(reversing.find('t0')).toBeUndefined()
    ask(['t0'])
    expect(reversing.find('t0')).toBe('0t')
  })

  it('tells different inputs apart', () => {
    const tuples: readonly (readonly Value[])[] = [
      ['1:a', 'b'],
      ['1:', 'ab'],
      ['a', null],
      ['a', 'null;'],
      [0, 1],
      [-0, 1],
      [1, 0],
      [10, true],
      ['10', 'true'],
      [Uint8Array.of(49), 'a'],
      ['1', 'a'],
    ]
    expect(new Set(tuples.map(siteKey)).size).toBe(tuples.length)
  })
})
