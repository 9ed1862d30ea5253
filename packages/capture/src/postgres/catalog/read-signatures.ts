import type { Query } from '../connect.ts'
import type { TableSignature } from './table-signature.ts'

/** Without what the settings add. */
export type StoredSignature = Omit<TableSignature, 'masks' | 'left'>

interface SignatureRow extends Record<string, unknown> {
  oid: number
  storage: Record<string, string> | null
  attributes: Record<string, string> | null
  filled_to: number
  printed: Record<string, string> | null
  generated: number[]
}

/**
 * `xmin` of a line of the catalog is the transaction that wrote it: it tells that a column was altered, and
 * nothing more is made of it. An array's, a domain's and a composite's values are printed by the types within.
 */
const SIGNATURES = `
  with recursive root as (
    select unnest($1::oid[]) as oid
  ), part as (
    select root.oid as root, root.oid from root
    union all
    select part.root, i.inhrelid from part join pg_class c on c.oid = part.oid and c.relkind = 'p' join pg_inherits i on i.inhparent = part.oid
  ), used as (
    select a.attrelid as root, a.atttypid as type from pg_attribute a where a.attrelid = any($1::oid[]) and a.attnum > 0 and not a.attisdropped
    union
    select used.root, within.type from used join pg_type t on t.oid = used.type and t.oid >= 16384, lateral (
      select t.typelem as type where t.typelem <> 0
      union all select t.typbasetype where t.typbasetype <> 0
      union all select a.atttypid from pg_attribute a where t.typtype = 'c' and a.attrelid = t.typrelid and a.attnum > 0 and not a.attisdropped
    ) within
  )
  select root.oid::int8::float8 as oid,
    (select jsonb_object_agg(part.oid::text, c.relfilenode::text) from part join pg_class c on c.oid = part.oid
      where part.root = root.oid and c.relkind <> 'p') as storage,
    (select jsonb_object_agg(a.attnum::text, a.xmin::text || ' ' || a.attname) from pg_attribute a
      where a.attrelid = root.oid and a.attnum > 0 and not a.attisdropped) as attributes,
    (select coalesce(max(a.attnum), 0)::int from part join pg_attribute a on a.attrelid = part.oid
      where part.root = root.oid and a.attnum > 0 and not a.attisdropped and a.atthasmissing) as filled_to,
    (select jsonb_object_agg(what, how) from (
      select 'label ' || e.oid as what, e.enumlabel::text as how from used join pg_enum e on e.enumtypid = used.type where used.root = root.oid
      union
      select 'type ' || t.oid, string_agg(a.attnum || ' ' || a.atttypid, ',' order by a.attnum) from used
        join pg_type t on t.oid = used.type and t.typtype = 'c'
        join pg_attribute a on a.attrelid = t.typrelid and a.attnum > 0 and not a.attisdropped
        where used.root = root.oid group by t.oid
    ) printed) as printed,
    array(select a.attnum::int from pg_attribute a
      where a.attrelid = root.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = 's' order by 1) as generated
  from root`

/** By the table's number; a table that is gone has none. */
export async function readSignatures(query: Query, oids: readonly number[]): Promise<Map<number, StoredSignature>> {
  if (oids.length === 0) return new Map()
  const rows = await query<SignatureRow>(SIGNATURES, [oids])
  return new Map(
    rows.map(({ oid, storage, attributes, filled_to: filledTo, printed, generated }) => [
      oid,
      { oid, storage: storage ?? {}, attributes: attributes ?? {}, filledTo, printed: printed ?? {}, generated },
    ]),
  )
}
