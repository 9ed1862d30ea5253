/**
 * Postgres's own form of a stored query, `pg_node_tree`: `{VAR :varno 1 :varattno 2}`. It is the tree after
 * analysis: names resolved, overloads chosen, every conversion that SQL leaves unsaid written out. The
 * fields are read by their names, for their order and number change between major versions.
 */
import { assert } from '@millrace/base'

export type NodeValue = string | number | boolean | null | PgNode | readonly NodeValue[] | Uint8Array

export interface PgNode {
  readonly tag: string
  readonly fields: Readonly<Record<string, NodeValue>>
}

export function parseNodeTree(text: string): NodeValue {
  return new NodeReader(text).value()
}

export function isNode(value: NodeValue | undefined): value is PgNode {
  return typeof value === 'object' && value !== null && 'tag' in value
}

/** A field that holds one node. */
export function nodeIn(node: PgNode, field: string): PgNode | null {
  const value = node.fields[field]
  return isNode(value) ? value : null
}

export function needNode(node: PgNode, field: string): PgNode {
  const value = nodeIn(node, field)
  assert(value !== null, `${node.tag} has ${field}`)
  return value
}

/** A field that holds a list of nodes; `<>` is the empty list. */
export function nodesIn(node: PgNode, field: string): readonly PgNode[] {
  return listIn(node, field).filter(isNode)
}

export function listIn(node: PgNode, field: string): readonly NodeValue[] {
  const value = node.fields[field]
  return Array.isArray(value) ? (value as readonly NodeValue[]) : []
}

export function numberIn(node: PgNode, field: string): number {
  const value = node.fields[field]
  return typeof value === 'number' ? value : 0
}

export function textIn(node: PgNode, field: string): string {
  const value = node.fields[field]
  return typeof value === 'string' || typeof value === 'number' ? String(value) : ''
}

export function flagIn(node: PgNode, field: string): boolean {
  return node.fields[field] === true
}

const SPACE = /\s/
const END_OF_TOKEN = /[\s(){}[\]]/

class NodeReader {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  value(): NodeValue {
    this.#skipSpace()
    const char = this.#text[this.#at]
    if (char === '{') return this.#node()
    if (char === '(') return this.#list()
    if (char === '"') return this.#quoted()
    const token = this.#token()
    if (token === '<>') return null
    if (token === 'true') return true
    if (token === 'false') return false
    return /^-?\d+(\.\d+)?$/.test(token) ? Number(token) : token
  }

  #node(): PgNode {
    this.#at++
    const tag = this.#token()
    const fields: Record<string, NodeValue> = {}
    for (;;) {
      this.#skipSpace()
      if (this.#text[this.#at] === '}') break
      const name = this.#token()
      assert(name.startsWith(':'), 'a field of a node begins with a colon')
      fields[name.slice(1)] = this.#field()
    }
    this.#at++
    return { tag, fields }
  }

  /** A value, or a datum: its length, then its bytes in brackets. Some fields of a node hold nothing at all. */
  #field(): NodeValue {
    this.#skipSpace()
    const char = this.#text[this.#at]
    if (char === ':' || char === '}') return null
    const first = this.value()
    this.#skipSpace()
    if (this.#text[this.#at] !== '[') return first
    const end = this.#text.indexOf(']', this.#at)
    const bytes = this.#text.slice(this.#at + 1, end).trim()
    this.#at = end + 1
    const all = bytes === '' ? [] : bytes.split(' ').map((byte) => Number(byte) & 255)
    return Uint8Array.from(all.slice(0, typeof first === 'number' ? Math.max(first, all.length) : all.length))
  }

  #list(): NodeValue[] {
    this.#at++
    const values: NodeValue[] = []
    for (;;) {
      this.#skipSpace()
      if (this.#text[this.#at] === ')') break
      values.push(this.value())
    }
    this.#at++
    // Lists of integers, object ids and sets of bits begin with a letter that says so.
    return typeof values[0] === 'string' && /^[iobx]$/.test(values[0]) ? values.slice(1) : values
  }

  #quoted(): string {
    let result = ''
    this.#at++
    while (this.#text[this.#at] !== '"') {
      if (this.#text[this.#at] === '\\') this.#at++
      result += this.#text[this.#at]
      this.#at++
    }
    this.#at++
    return result
  }

  #token(): string {
    this.#skipSpace()
    let result = ''
    while (this.#at < this.#text.length && !END_OF_TOKEN.test(this.#text[this.#at] as string)) {
      if (this.#text[this.#at] === '\\') this.#at++
      result += this.#text[this.#at]
      this.#at++
    }
    return result
  }

  #skipSpace(): void {
    while (SPACE.test(this.#text[this.#at] ?? '')) this.#at++
  }
}
