/** Turns expressions into functions over lanes. */
import type { Layout } from '@millrace/core'
import type { Expression } from '../expression/expression.ts'
import type { ForeignSite } from '../foreign/foreign-site.ts'
import { emit } from './emit.ts'
import { KernelWriter, layoutOfExpression } from './kernel-writer.ts'
import { type Lane, type LaneValues, laneValues } from './lane.ts'
import { runtime } from './runtime.ts'
import { splitLane, splitPartOf } from './split-part.ts'

/** Computes the given expressions for the first `count` rows of the lanes. */
export type Projection = (lanes: readonly Lane[], count: number) => Lane[]

/** Writes the rows for which the condition is true into `selection` and returns how many there are. */
export type Predicate = (lanes: readonly Lane[], count: number, selection: Int32Array) => number

type Kernel = (lanes: readonly Lane[], count: number, constants: readonly unknown[], run: typeof runtime, output: unknown) => unknown

export function compileProjection(expressions: readonly Expression[]): Projection {
  const splits = expressions.map(compileSplit)
  const computed = expressions.filter((expression, at) => expression.kind !== 'column' && splits[at] === null)
  const run = compileComputed(computed)
  return (lanes, count) => {
    const results = run(lanes, count)
    let next = 0
    return expressions.map((expression, at) => {
      if (expression.kind === 'column') return lanes[expression.index] as Lane
      return splits[at]?.(lanes, count) ?? (results[next++] as Lane)
    })
  }
}

function compileComputed(expressions: readonly Expression[]): Projection {
  if (expressions.length === 0) return () => []
  return compileKernel(
    expressions,
    expressions.map((expression) => layoutOfExpression(expression.type)),
  )
}

/** A part of a text: of bytes other places of them, of strings what a kernel makes. Null for anything else. */
function compileSplit(expression: Expression): ((lanes: readonly Lane[], count: number) => Lane) | null {
  const split = splitPartOf(expression)
  if (split === null) return null
  let run: Projection | null = null
  return (lanes, count) => {
    const parts = splitLane(split, lanes[split.column] as Lane)
    if (parts !== null) return parts
    run ??= compileComputed([expression])
    return run(lanes, count)[0] as Lane
  }
}

function compileKernel(expressions: readonly Expression[], layouts: readonly Layout[]): Projection {
  const writer = new KernelWriter()
  const operands = expressions.map((expression) => emit(writer, expression))
  const before = operands.map((_, at) => `let out${at} = output.values[${at}], null${at} = null`).join('\n')
  const each = operands.map(({ value, isNull }, at) => storeText(at, value, isNull, layouts[at] as Layout)).join('\n')
  const results = operands.map((_, at) => `{ layout: output.layouts[${at}], values: out${at}, nulls: null${at} }`)
  const after = `return [${results.join(', ')}]`
  const kernel = build(writer.source({ before, each, after }))
  const constants = writer.constants
  return (lanes, count) =>
    settled(writer.sites, () => {
      const values = layouts.map((layout) => laneValues(layout, count))
      return kernel(lanes, count, constants, runtime, { values, layouts, widened }) as Lane[]
    })
}

/** Runs a kernel again for as long as it leaves rows to what DuckDB evaluates: once for each depth of nesting. */
function settled<Result>(sites: readonly ForeignSite[], run: () => Result): Result {
  let result = run()
  if (sites.length === 0) return result
  while (sites.filter((site) => site.resolve()).length > 0) result = run()
  for (const site of sites) site.settle()
  return result
}

function storeText(at: number, value: string, isNull: string, layout: Layout): string {
  const store = layout === 'boolean' ? `out${at}[row] = ${value} ? 1 : 0` : `out${at}[row] = ${value}`
  const wide = `if (typeof ${value} === 'bigint' && !Array.isArray(out${at})) out${at} = output.widened(out${at})`
  const kept = layout === 'integer' ? `{ ${wide}\n${store} }` : `{ ${store} }`
  if (isNull === 'false') return kept
  return `if (${isNull}) { if (null${at} === null) null${at} = new Uint8Array(count); null${at}[row] = 1 } else ${kept}`
}

function widened(values: LaneValues): LaneValues {
  return Array.from(values as Float64Array)
}

export function compilePredicate(condition: Expression): Predicate {
  const writer = new KernelWriter()
  const { value, isNull } = emit(writer, condition)
  const each = `if (!${isNull} && ${value}) { output[selected] = row; selected += 1 }`
  const kernel = build(writer.source({ before: 'let selected = 0', each, after: 'return selected' }))
  const constants = writer.constants
  return (lanes, count, selection) => settled(writer.sites, () => kernel(lanes, count, constants, runtime, selection) as number)
}

/** The text comes from the kernel writer alone: names it made itself and literals it quoted. */
function build(source: string): Kernel {
  return new Function('lanes', 'count', 'constants', 'runtime', 'output', `'use strict'\n${source}`) as Kernel
}
