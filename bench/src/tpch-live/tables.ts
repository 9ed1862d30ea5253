/** The tables of TPC-H. */
import { daysFromCivil, type StreamDefinition, type Type } from '@millrace/core'

const int: Type = { kind: 'int64' }
const small: Type = { kind: 'int32' }
const text: Type = { kind: 'text' }
const date: Type = { kind: 'date' }
const money: Type = { kind: 'decimal', width: 15, scale: 2 }

function table(name: string, columns: Readonly<Record<string, Type>>, key: readonly number[]): StreamDefinition {
  const named = Object.entries(columns).map(([column, type]) => ({ name: column, type, nullable: false }))
  return { name: `tpch.${name}`, kind: 'table', partitions: 1, schema: { columns: named, key } }
}

export const TABLES = {
  region: table('region', { r_regionkey: int, r_name: text, r_comment: text }, [0]),
  nation: table('nation', { n_nationkey: int, n_name: text, n_regionkey: int, n_comment: text }, [0]),
  supplier: table(
    'supplier',
    { s_suppkey: int, s_name: text, s_address: text, s_nationkey: int, s_phone: text, s_acctbal: money, s_comment: text },
    [0],
  ),
  customer: table(
    'customer',
    {
      c_custkey: int,
      c_name: text,
      c_address: text,
      c_nationkey: int,
      c_phone: text,
      c_acctbal: money,
      c_mktsegment: text,
      c_comment: text,
    },
    [0],
  ),
  part: table(
    'part',
    {
      p_partkey: int,
      p_name: text,
      p_mfgr: text,
      p_brand: text,
      p_type: text,
      p_size: small,
      p_container: text,
      p_retailprice: money,
      p_comment: text,
    },
    [0],
  ),
  partsupp: table('partsupp', { ps_partkey: int, ps_suppkey: int, ps_availqty: small, ps_supplycost: money, ps_comment: text }, [0, 1]),
  orders: table(
    'orders',
    {
      o_orderkey: int,
      o_custkey: int,
      o_orderstatus: text,
      o_totalprice: money,
      o_orderdate: date,
      o_orderpriority: text,
      o_clerk: text,
      o_shippriority: small,
      o_comment: text,
    },
    [0],
  ),
  lineitem: table(
    'lineitem',
    {
      l_orderkey: int,
      l_partkey: int,
      l_suppkey: int,
      l_linenumber: small,
      l_quantity: money,
      l_extendedprice: money,
      l_discount: money,
      l_tax: money,
      l_returnflag: text,
      l_linestatus: text,
      l_shipdate: date,
      l_commitdate: date,
      l_receiptdate: date,
      l_shipinstruct: text,
      l_shipmode: text,
      l_comment: text,
    },
    [0, 3],
  ),
} as const

export type TableName = keyof typeof TABLES
export const TABLE_NAMES = Object.keys(TABLES) as readonly TableName[]

export const FIRST_DAY = daysFromCivil(1992, 1, 1)
/** The last day of an order, and the day that the data is seen from. */
export const LAST_DAY = daysFromCivil(1998, 8, 2)
export const PRESENT_DAY = daysFromCivil(1995, 6, 17)
