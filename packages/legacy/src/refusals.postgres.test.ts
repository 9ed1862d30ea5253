import { expect, test } from 'vitest'
import { bothSides } from './testing/both-sides.ts'
import { untranslatable } from './translate/untranslatable.ts'

const GROUND = `
create table t (id integer, n numeric(10,2), f double precision, s text, k jsonb, a integer[], ts timestamp, addr inet);
create function colour() returns text language plpgsql as $$ begin return 'red'; end $$;
create type mood as enum ('low', 'high');
`

/** What the view says, and the words that must explain it. */
const REFUSED: readonly (readonly [string, string])[] = [
  ['select random() from t', 'another value'],
  ['select colour() from t', 'plpgsql'],
  ['select sqrt(n) from t', 'float'],
  ['select n ^ 2 from t', 'counterpart'],
  ['select variance(n) from t', 'digits'],
  ['select f::text from t', 'floats'],
  ['select (n / 3)::text from t', 'digits'],
  ['select to_jsonb(t) from t', 'whole row'],
  ['select k::text from t', 'JSON'],
  ['select k = k from t', 'JSON'],
  ['select addr from t', 'no such type'],
  ["select to_char(n, '999D9') from t", 'patterns'],
  ["select to_char(ts, 'FMMonth') from t", 'counterpart'],
  ["select s ~ '(a)\\1' from t", 'patterns'],
  ['select array_agg(id) from t', 'order'],
  ["select string_agg(s, ',') from t", 'order'],
  ['select id from t limit 3', 'which rows'],
  ['select row_number() over () as place from t', 'which row'],
  ['select n from t tablesample system (50)', 'other rows'],
  ['select substring(s from id) from t', 'counted differently'],
  ['select current_user from t', 'session'],
  ["select 'low'::mood from t", 'inside Postgres'],
  ['select mode() within group (order by s) from t', 'no aggregate'],
  ['select (id, n) in (select id, n from t) from t', 'several columns'],
  ["select interval '1 day' * f from t", 'fractions'],
  ['select s::char(4) like s from t', 'blanks'],
  ["select concat(s::char(4), '|') from t", 'blanks'],
  ['select array_position(a, 1, 2) from t', 'no function'],
  ['select extract(epoch from ts - ts) from t', 'differently'],
]

test('what has no exact counterpart is refused with its reason, never translated into something near', async () => {
  const sides = await bothSides(
    GROUND,
    REFUSED.map(([statement]) => statement),
  )
  const wrong = sides.flatMap(({ model }, at) => {
    const [statement, reason] = REFUSED[at] ?? ['', '']
    const told = model.refusal === null ? `translated: ${model.sql}` : `${model.refusal.construct}: ${model.refusal.reason}`
    return model.refusal !== null && told.includes(reason) ? [] : [`${statement}: ${told}`]
  })
  expect(wrong).toEqual([])
}, 60_000)

test('a refusal is an error that names the construct and the way out', () => {
  const error = untranslatable('sqrt(numeric)', 'its digits differ')
  expect(error).toMatchObject({ code: 'IMPORT_UNTRANSLATABLE' })
  expect(error.message).toContain('sqrt(numeric)')
})
