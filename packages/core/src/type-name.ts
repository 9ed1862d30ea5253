/** Types as people write them in a configuration, and as a schema's document tells them: `int64`, `decimal(12,2)`. */
import type { Field, PlainKind, Type } from './type.ts'

/** Every type that its kind alone tells. */
export const PLAIN_KINDS: readonly PlainKind[] = [
  'boolean',
  'int8',
  'int16',
  'int32',
  'int64',
  'hugeint',
  'uint8',
  'uint16',
  'uint32',
  'uint64',
  'float32',
  'float64',
  'text',
  'bytes',
  'uuid',
  'json',
  'date',
  'time',
  'timestamp',
  'timestamptz',
  'interval',
]

const DECIMAL_WIDTH_MAX = 38

/** Members and names of fields stand in it as JSON writes a text: `list(int64)`, `enum("new","paid")`, `struct("a" int32)`, `map(text,int64)`. */
export function typeNameOf(type: Type): string {
  switch (type.kind) {
    case 'decimal':
      return `decimal(${type.width},${type.scale})`
    case 'enum':
      return `enum(${type.members.map((member) => JSON.stringify(member)).join(',')})`
    case 'list':
      return `list(${typeNameOf(type.element)})`
    case 'struct':
      return `struct(${type.fields.map((field) => `${JSON.stringify(field.name)} ${typeNameOf(field.type)}`).join(',')})`
    case 'map':
      return `map(${typeNameOf(type.key)},${typeNameOf(type.value)})`
    default:
      return type.kind
  }
}

/** Null where no type has that name. */
export function typeFromName(name: string): Type | null {
  const reader = new TypeNameReader(name)
  const type = reader.type()
  return reader.isAtEnd ? type : null
}

const NESTING_LIMIT = 32

class TypeNameReader {
  readonly #text: string
  #at = 0
  #depth = 0

  constructor(text: string) {
    this.#text = text
  }

  get isAtEnd(): boolean {
    return this.#at === this.#text.length
  }

  type(): Type | null {
    const word = this.#take(/[a-z0-9]+/y)
    const kind = PLAIN_KINDS.find((each) => each === word)
    if (kind !== undefined) return { kind }
    this.#depth += 1
    if (word === null || this.#depth > NESTING_LIMIT || this.#take(/\(/y) === null) return null
    const type = this.#inBrackets(word)
    this.#depth -= 1
    return type === null || this.#take(/\)/y) === null ? null : type
  }

  #inBrackets(word: string): Type | null {
    switch (word) {
      case 'decimal':
        return decimalOf(this.#take(/\d{1,2}, ?\d{1,2}/y))
      case 'enum': {
        const members = this.#several(() => this.#quoted())
        return members === null ? null : { kind: 'enum', members }
      }
      case 'list': {
        const element = this.type()
        return element === null ? null : { kind: 'list', element }
      }
      case 'struct': {
        const fields = this.#several(() => this.#field())
        return fields === null ? null : { kind: 'struct', fields }
      }
      case 'map': {
        const key = this.type()
        const value = key === null || this.#take(/, ?/y) === null ? null : this.type()
        return key === null || value === null ? null : { kind: 'map', key, value }
      }
      default:
        return null
    }
  }

  #field(): Field | null {
    const name = this.#quoted()
    if (name === null || this.#take(/ /y) === null) return null
    const type = this.type()
    return type === null ? null : { name, type }
  }

  #several<T>(read: () => T | null): T[] | null {
    const items: T[] = []
    do {
      const item = read()
      if (item === null) return null
      items.push(item)
    } while (this.#take(/, ?/y) !== null)
    return items
  }

  #quoted(): string | null {
    const text = this.#take(/"(?:[^"\\]|\\.)*"/y)
    try {
      return text === null ? null : String(JSON.parse(text))
    } catch {
      return null
    }
  }

  #take(pattern: RegExp): string | null {
    pattern.lastIndex = this.#at
    const found = pattern.exec(this.#text)?.[0] ?? null
    this.#at += found?.length ?? 0
    return found
  }
}

function decimalOf(text: string | null): Type | null {
  const [width = 0, scale = 0] = (text ?? '').split(',').map(Number)
  return width >= 1 && width <= DECIMAL_WIDTH_MAX && scale <= width ? { kind: 'decimal', width, scale } : null
}
