/**
 * Whether what a SELECT yields depends on when it is computed: then the moment of the run is one of its inputs, as
 * its tables are. All models of a run see the same moment.
 */
import { quoteLiteral } from '@millrace/sql/text'

/** How often what it sees changes; null where it does not ask. */
export type Asked = 'instant' | 'day' | null

const INSTANTS = [
  'now',
  'get_current_timestamp',
  'transaction_timestamp',
  'current_localtimestamp',
  'get_current_time',
  'current_localtime',
] as const
/** Of one argument it is the age today. */
const DAYS = ['today/0', 'current_date/0', 'age/1']

/** Of what a bound plan calls, each function with how many arguments: `now/0`. */
export function askedOf(calls: ReadonlySet<string>): Asked {
  if (INSTANTS.some((name) => calls.has(`${name}/0`))) return 'instant'
  return DAYS.some((call) => calls.has(call)) ? 'day' : null
}

/** What a version's key is made of beside its meaning and its inputs: of most models nothing. */
export function momentParts(asked: Asked, atMs: number): readonly string[] {
  if (asked === null) return []
  return [asked === 'day' ? new Date(atMs).toISOString().slice(0, 10) : String(Math.round(atMs))]
}

/** Statements after which DuckDB's own functions tell this moment, in UTC. */
export function momentMacros(atMs: number): readonly string[] {
  const [day, time] = new Date(atMs).toISOString().replace('Z', '').split('T') as [string, string]
  const valueOf: Readonly<Record<(typeof INSTANTS)[number] | 'today' | 'current_date', string>> = {
    now: `TIMESTAMPTZ ${quoteLiteral(`${day} ${time}+00`)}`,
    get_current_timestamp: `TIMESTAMPTZ ${quoteLiteral(`${day} ${time}+00`)}`,
    transaction_timestamp: `TIMESTAMPTZ ${quoteLiteral(`${day} ${time}+00`)}`,
    current_localtimestamp: `TIMESTAMP ${quoteLiteral(`${day} ${time}`)}`,
    get_current_time: `TIMETZ ${quoteLiteral(`${time}+00`)}`,
    current_localtime: `TIME ${quoteLiteral(time)}`,
    today: `DATE ${quoteLiteral(day)}`,
    current_date: `DATE ${quoteLiteral(day)}`,
  }
  const age = `CREATE MACRO age(a) AS system.main.age(TIMESTAMP ${quoteLiteral(`${day} 00:00:00`)}, a), (a, b) AS system.main.age(a, b)`
  return [...Object.entries(valueOf).map(([name, value]) => `CREATE MACRO ${name}() AS ${value}`), age]
}
