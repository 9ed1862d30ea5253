/** Constants as DuckDB reads them, with the type that Postgres gave them. */
import { quoteLiteral } from '@millrace/sql'
import { type PgNode, flagIn, numberIn } from '../postgres/node-tree.ts'
import { type ConstantValue, readConstant } from '../postgres/constant.ts'
import { duckdbType, OID } from '../postgres/type.ts'
import { atom, type Typed, typed } from './typed.ts'
import { untranslatable } from './untranslatable.ts'

export function constantSql(node: PgNode, typeName: (oid: number) => string): Typed {
  const type = numberIn(node, 'consttype')
  if (flagIn(node, 'constisnull')) {
    const name = duckdbType(type, 0)
    return name === null || type === OID.unknown ? atom(type, 'NULL') : atom(type, type === OID.numeric ? 'NULL' : `CAST(NULL AS ${name})`)
  }
  const bytes = node.fields['constvalue']
  const value = bytes instanceof Uint8Array ? readConstant(type, bytes) : null
  if (value === null) throw untranslatable(`a constant of type ${typeName(type)}`, 'its form inside Postgres is not known to the import')
  const { sql, scale } = literal(value, type)
  const isNotZero = (value.kind === 'integer' && value.value !== 0n) || (value.kind === 'numeric' && /[1-9]/.test(value.text))
  // A minus before a number is an operator, which a cast or a subscript would bind before.
  return typed(type, sql, { scale, isAtom: !sql.startsWith('-'), constant: value, isNotZero })
}

function literal(value: ConstantValue, type: number): { readonly sql: string; readonly scale: number } {
  switch (value.kind) {
    case 'integer':
      return { sql: type === OID.int4 ? String(value.value) : `CAST(${value.value} AS ${duckdbType(type, 0)})`, scale: 0 }
    case 'numeric':
      // A number with a point is exact in DuckDB, also where nothing follows it.
      return { sql: value.scale === 0 ? `${value.text}.` : value.text, scale: value.scale }
    case 'float':
      return {
        sql: `CAST(${Number.isFinite(value.value) ? value.value : quoteLiteral(String(value.value))} AS ${duckdbType(type, 0)})`,
        scale: 0,
      }
    case 'boolean':
      return { sql: String(value.value), scale: 0 }
    case 'text':
      return { sql: quoteLiteral(type === OID.bpchar ? value.value.replace(/ +$/, '') : value.value), scale: 0 }
    case 'json':
      return { sql: `CAST(${quoteLiteral(value.text)} AS JSON)`, scale: 0 }
    case 'date':
      return { sql: `DATE ${quoteLiteral(value.text)}`, scale: 0 }
    case 'timestamp':
      return type === OID.timestamptz
        ? { sql: `CAST(${quoteLiteral(`${value.text}+00`)} AS TIMESTAMP WITH TIME ZONE)`, scale: 0 }
        : { sql: `TIMESTAMP ${quoteLiteral(value.text)}`, scale: 0 }
    case 'interval':
      return { sql: `INTERVAL ${quoteLiteral(intervalText(value))}`, scale: 0 }
    case 'array':
      return arrayLiteral(value, type)
  }
}

function arrayLiteral(value: Extract<ConstantValue, { kind: 'array' }>, type: number): { readonly sql: string; readonly scale: number } {
  const elements = value.values.map((element) => (element === null ? { sql: 'NULL', scale: 0 } : literal(element, value.element)))
  const scale = Math.max(0, ...elements.map((element) => element.scale))
  const list = `[${elements.map(({ sql }) => sql).join(', ')}]`
  return { sql: elements.length === 0 ? `CAST([] AS ${duckdbType(type, 0)})` : list, scale }
}

function intervalText({ months, days, micros }: Extract<ConstantValue, { kind: 'interval' }>): string {
  const parts = [months === 0 ? '' : `${months} months`, days === 0 ? '' : `${days} days`]
  const hours = micros % 3_600_000_000n === 0n
  if (micros !== 0n) parts.push(hours ? `${micros / 3_600_000_000n} hours` : `${micros} microseconds`)
  return parts.filter((part) => part !== '').join(' ') || '0 days'
}
