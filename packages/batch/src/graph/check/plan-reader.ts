/**
 * Reads DuckDB's answer to `json_serialize_plan` in one pass over its bytes, which are a hundred thousand for a model of forty
 * columns. Two things come of it: a tree with what `lineage.ts` and `plan-columns.ts` ask for, and what the SELECT means as one
 * text: the plan without the places and aliases of the SQL. Names of result columns are no aliases here: they are kept beside it.
 */
import { assert } from '@millrace/base'

export interface PlanAnswer<Plan> {
  /** As `JSON.parse` would give it, but for fields that nobody here asks for. */
  readonly answer: Plan
  /** The functions that it calls, each with how many arguments: `now/0`. */
  readonly calls: ReadonlySet<string>
  /** Equal for plans that mean the same. Lasts until the next answer is read. */
  readonly meaning: Uint8Array
}

/** What becomes of a field. Of a field that is not named here what it holds is searched, but no text nor number of it is kept. */
type Use = 'kept' | 'type' | 'counter' | 'place' | 'alias' | 'name' | 'constant' | 'passed' | 'searched'

const USES: Readonly<Record<Exclude<Use, 'searched'>, string>> = {
  kept:
    'type expression_class name index try_cast join_type names table schema id width scale ' +
    'column_index projected_input projection_map ' +
    'error_type error_message error_subtype position',
  /** Most of a plan are types, and few are not like those before. */
  type: 'return_type',
  /** They grow with whatever was bound before, also with what was then left out; only which of them are equal means something. */
  counter: 'table_index group_index aggregate_index groupings_index window_index unnest_index mark_index cte_index',
  place: 'query_location',
  /** Only that of an expression means nothing; that of a type (JSON is one) is part of the type. */
  alias: 'alias',
  name: 'ctename',
  /** Of an expression it is a constant. */
  constant: 'value',
  /** They hold types. */
  passed: 'returned_types arguments original_arguments',
}

interface Word {
  readonly text: string
  readonly use: Use
  readonly bytes: Uint8Array
  /** The word after it, where it stood last: fields stand in the same order in all objects of a kind. */
  next: Word | null
}

interface Type {
  readonly bytes: Uint8Array
  readonly value: unknown
}

const QUOTE = 0x22
const COMMA = 0x2c
const COLON = 0x3a
const BACKSLASH = 0x5c
const OPEN_LIST = 0x5b
const CLOSE_LIST = 0x5d
const OPEN_OBJECT = 0x7b
const CLOSE_OBJECT = 0x7d
const ZERO = 0x30
const NINE = 0x39

/** Texts that were seen lately, by what their bytes add up to. */
const WORDS_KEPT = 4096
const TYPES_KEPT = 256
const DIGITS_EXACT = 15
const FIRST_SIZE = 1 << 18

export class PlanReader {
  #bytes: Uint8Array = new Uint8Array(0)
  #at = 0
  /** What of the bytes is in the meaning already, or is left out of it. */
  #told = 0
  #meaning = Buffer.allocUnsafe(FIRST_SIZE)
  #length = 0
  #calls = new Set<string>()
  readonly #counters = new Map<number, number>()
  readonly #words: (Word | undefined)[] = Array.from({ length: WORDS_KEPT })
  #last: Word = { text: '', use: 'searched', bytes: new Uint8Array(0), next: null }
  /** No type is as long as this one is short. */
  #lastType: Type = { bytes: Uint8Array.of(QUOTE), value: null }
  readonly #types: (Type | undefined)[] = Array.from({ length: TYPES_KEPT })
  readonly #uses = new Map<string, Use>(
    Object.entries(USES).flatMap(([use, names]) => names.split(' ').map((name): [string, Use] => [name, use as Use])),
  )

  read<Plan>(bytes: Uint8Array): PlanAnswer<Plan> {
    this.#bytes = bytes
    this.#at = 0
    this.#told = 0
    this.#length = 0
    this.#counters.clear()
    const calls = (this.#calls = new Set())
    // The counters that are told are shorter than those that were given, but for few.
    if (this.#meaning.length < 2 * bytes.length) this.#meaning = Buffer.allocUnsafe(2 * bytes.length)
    const answer = this.#value(true) as Plan
    assert(this.#at === bytes.length, 'a plan ends where its text ends')
    this.#tell(bytes.length, bytes.length)
    return { answer, calls, meaning: this.#meaning.subarray(0, this.#length) }
  }

  #value(isKept: boolean): unknown {
    const byte = this.#bytes[this.#at]
    if (byte === OPEN_OBJECT) return this.#object()
    if (byte === OPEN_LIST) return this.#list(isKept)
    if (isKept) return this.#scalar()
    this.#pass()
    return undefined
  }

  #object(): Record<string, unknown> {
    const found: Record<string, unknown> = {}
    let isExpression = false
    this.#at += 1
    while (this.#bytes[this.#at] !== CLOSE_OBJECT) {
      const start = this.#at
      const { text, use } = this.#word()
      assert(this.#bytes[this.#at] === COLON, 'a field has a value')
      this.#at += 1
      const isLeftOut = use === 'place' || use === 'name' || (use === 'alias' && isExpression)
      if (use === 'type') found[text] = this.#type()
      else if (use === 'counter') found[text] = this.#counter()
      else if (use === 'passed' || use === 'place' || use === 'name' || (use === 'constant' && isExpression)) this.#pass()
      else {
        const value = this.#value(use === 'kept' || use === 'alias')
        if (value !== undefined) found[text] = value
        isExpression ||= text === 'expression_class'
      }
      if (this.#bytes[this.#at] === COMMA) this.#at += 1
      if (isLeftOut) this.#tell(start, this.#at)
    }
    this.#at += 1
    const { name, children } = found
    if (isExpression && typeof name === 'string' && Array.isArray(children)) this.#calls.add(`${name}/${children.length}`)
    return found
  }

  #list(isKept: boolean): unknown[] {
    const found: unknown[] = []
    this.#at += 1
    while (this.#bytes[this.#at] !== CLOSE_LIST) {
      assert(this.#at < this.#bytes.length, 'a list in a plan ends')
      found.push(this.#value(isKept))
      if (this.#bytes[this.#at] === COMMA) this.#at += 1
    }
    this.#at += 1
    return found
  }

  /** Adds to the meaning what is before `end`; what is between there and `next` is left out of it. */
  #tell(end: number, next: number): void {
    if (end > this.#told) {
      this.#meaning.set(this.#bytes.subarray(this.#told, end), this.#length)
      this.#length += end - this.#told
    }
    this.#told = next
  }

  #counter(): unknown {
    const start = this.#at
    const value = this.#scalar()
    if (typeof value !== 'number') return value
    const known = this.#counters.get(value) ?? this.#counters.size
    this.#counters.set(value, known)
    this.#tell(start, this.#at)
    this.#length += this.#meaning.write(String(known), this.#length, 'latin1')
    return value
  }

  #scalar(): unknown {
    const bytes = this.#bytes
    const start = this.#at
    const byte = bytes[start] ?? 0
    if (byte === QUOTE) return this.#word().text
    let at = start
    let value = 0
    for (let digit = byte; digit >= ZERO && digit <= NINE; digit = bytes[at] ?? 0) {
      value = value * 10 + digit - ZERO
      at += 1
    }
    const ends = bytes[at] === COMMA || bytes[at] === CLOSE_OBJECT || bytes[at] === CLOSE_LIST
    if (at > start && at - start <= DIGITS_EXACT && ends) {
      this.#at = at
      return value
    }
    this.#pass()
    return JSON.parse(this.#textOf(start, this.#at))
  }

  #type(): unknown {
    const start = this.#at
    const likely = this.#lastType
    if (isAt(this.#bytes, start, likely.bytes)) {
      this.#at = start + likely.bytes.length
      return likely.value
    }
    return (this.#lastType = this.#otherType()).value
  }

  #otherType(): Type {
    const start = this.#at
    this.#pass()
    const end = this.#at
    const bytes = this.#bytes
    const place = (end - start + 31 * (bytes[start + 7] ?? 0) + 67 * (bytes[end - 4] ?? 0)) & (TYPES_KEPT - 1)
    const known = this.#types[place]
    if (known !== undefined && known.bytes.length === end - start && isAt(bytes, start, known.bytes)) return known
    this.#at = start
    const type: Type = { value: this.#value(false), bytes: bytes.slice(start, end) }
    this.#types[place] = type
    return type
  }

  /** A text, be it a field's name or a value, with what to do with a field of this name. */
  #word(): Word {
    const bytes = this.#bytes
    const start = this.#at + 1
    const likely = this.#last.next
    if (likely !== null && bytes[start + likely.bytes.length] === QUOTE && isAt(bytes, start, likely.bytes)) {
      this.#at = start + likely.bytes.length + 1
      return (this.#last = likely)
    }
    const word = this.#newWord()
    this.#last.next = word
    return (this.#last = word)
  }

  #newWord(): Word {
    const bytes = this.#bytes
    const start = this.#at + 1
    let sum = 0
    let at = start
    let isPlain = true
    for (let byte = bytes[at]; byte !== QUOTE; byte = bytes[at]) {
      assert(byte !== undefined, 'a text in a plan ends')
      if (byte === BACKSLASH) {
        isPlain = false
        at += 1
      }
      sum = (Math.imul(sum, 31) + byte) | 0
      at += 1
    }
    this.#at = at + 1
    const place = (sum ^ (sum >>> 12)) & (WORDS_KEPT - 1)
    const known = this.#words[place]
    if (known !== undefined && known.bytes.length === at - start && isAt(bytes, start, known.bytes)) return known
    const text = JSON.parse(this.#textOf(start - 1, at + 1)) as string
    const word: Word = { text, use: this.#uses.get(text) ?? 'searched', bytes: bytes.slice(start, at), next: null }
    if (isPlain) this.#words[place] = word
    return word
  }

  #textOf(start: number, end: number): string {
    const bytes = this.#bytes
    return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString()
  }

  /** Passes over a value. */
  #pass(): void {
    const bytes = this.#bytes
    let at = this.#at
    let depth = 0
    for (;;) {
      const byte = bytes[at]
      if (byte === QUOTE) at = endOfText(bytes, at)
      else if (byte === OPEN_OBJECT || byte === OPEN_LIST) {
        depth += 1
        at += 1
        continue
      } else if (depth > 0 && (byte === CLOSE_OBJECT || byte === CLOSE_LIST)) {
        depth -= 1
        at += 1
      } else if (byte === undefined || (depth === 0 && (byte === COMMA || byte === CLOSE_OBJECT || byte === CLOSE_LIST))) break
      else {
        at += 1
        continue
      }
      if (depth === 0) break
    }
    this.#at = at
  }
}

function isAt(bytes: Uint8Array, start: number, expected: Uint8Array): boolean {
  for (let at = 0; at < expected.length; at += 1) if (bytes[start + at] !== expected[at]) return false
  return true
}

function endOfText(bytes: Uint8Array, start: number): number {
  let at = start + 1
  for (let byte = bytes[at]; byte !== QUOTE && byte !== undefined; byte = bytes[at]) at += byte === BACKSLASH ? 2 : 1
  return at + 1
}
