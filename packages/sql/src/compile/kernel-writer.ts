/**
 * Writes the source of a kernel: one loop over rows, in which every expression is straight code over
 * local variables. Measured against closures and an interpreter of the tree, generated code is faster by
 * a half and more, because the engine sees one monomorphic function per model.
 */
import { type Layout, layoutOf, type Value } from '@millrace/core'
import type { ExpressionType } from '../duckdb-type.ts'
import type { ForeignSite } from '../foreign/foreign-site.ts'
import { Unsupported } from '../sql-error.ts'

/** A computed value: the name of its variable (or a literal) and of the variable that tells it is NULL. */
export interface Operand {
  readonly value: string
  /** `false` or `true` where it is known. */
  readonly isNull: string
}

export const NULL_TEXT: Readonly<Record<Layout, string>> = {
  integer: '0',
  float: '0',
  boolean: 'false',
  text: "''",
  bytes: 'runtime.noBytes',
}

export function layoutOfExpression(type: ExpressionType): Layout {
  if (type.kind === 'foreign') throw new Unsupported(`a value of type ${type.name}`, null, 'Cast it to a plain type, or to JSON.')
  return type.kind === 'null' ? 'boolean' : layoutOf(type)
}

export class KernelWriter {
  readonly #declarations: string[] = []
  readonly #loads: string[] = []
  readonly #lines: string[] = []
  readonly #columns = new Map<number, Operand>()
  readonly #constants: unknown[] = []
  readonly #sites: ForeignSite[] = []
  #names = 0

  get constants(): readonly unknown[] {
    return this.#constants
  }

  /** What DuckDB evaluates for the kernel. */
  get sites(): readonly ForeignSite[] {
    return this.#sites
  }

  site(site: ForeignSite): string {
    this.#sites.push(site)
    return this.keep(site)
  }

  line(text: string): void {
    this.#lines.push(text)
  }

  /** A variable of the kernel; it keeps its type, so that the engine keeps it unboxed. */
  variable(initial: string): string {
    const name = `v${(this.#names += 1)}`
    this.#declarations.push(`let ${name} = ${initial}`)
    return name
  }

  /** A value that source text cannot hold. */
  keep(value: unknown): string {
    this.#constants.push(value)
    return `constants[${this.#constants.length - 1}]`
  }

  column(index: number, layout: Layout): Operand {
    const known = this.#columns.get(index)
    if (known !== undefined) return known
    this.#declarations.push(`const values${index} = lanes[${index}].values, nulls${index} = lanes[${index}].nulls`)
    this.#loads.push(`const c${index} = values${index}[row]${layout === 'boolean' ? ' === 1' : ''}`)
    this.#loads.push(`const n${index} = nulls${index} !== null && nulls${index}[row] === 1`)
    const operand = { value: `c${index}`, isNull: `n${index}` }
    this.#columns.set(index, operand)
    return operand
  }

  literal(value: Value, layout: Layout): Operand {
    if (value === null) return { value: NULL_TEXT[layout], isNull: 'true' }
    return { value: this.#literalText(value), isNull: 'false' }
  }

  /** Runs `body` only where no input is NULL; NULL otherwise. */
  strict(inputs: readonly Operand[], layout: Layout, body: (result: Operand) => void): Operand {
    const nulls = inputs.map((input) => input.isNull).filter((name) => name !== 'false')
    const result = { value: this.variable(NULL_TEXT[layout]), isNull: this.variable('false') }
    this.line(`${result.isNull} = ${nulls.length === 0 ? 'false' : nulls.join(' || ')}`)
    this.line(`if (!${result.isNull}) {`)
    body(result)
    this.line('}')
    return result
  }

  /** The whole source: `before` stands ahead of the loop, `each` at the end of its body. */
  source({ before, each, after }: { readonly before: string; readonly each: string; readonly after: string }): string {
    return [
      ...this.#declarations,
      before,
      'for (let row = 0; row < count; row += 1) {',
      ...this.#loads,
      ...this.#lines,
      each,
      '}',
      after,
    ].join('\n')
  }

  #literalText(value: Exclude<Value, null>): string {
    if (typeof value === 'number') return Object.is(value, -0) ? '-0' : `(${value})`
    if (typeof value === 'bigint') return value < 0n ? `(${value}n)` : `${value}n`
    if (typeof value === 'boolean') return String(value)
    return typeof value === 'string' ? JSON.stringify(value) : this.keep(value)
  }
}
