import { expect, test } from 'vitest'
import { parseView } from './parse-query.ts'

/** Without the places, which differ where parentheses stand. */
function shapeOf(text: string): unknown {
  return JSON.parse(JSON.stringify(parseView(text), (key, value: unknown) => (key === 'at' ? undefined : value)))
}

test('the forms in which MySQL and MariaDB print a view are read as one', () => {
  const mysql =
    "select (`t`.`id` + 1) AS `x`,(case when ((`t`.`b` <> 0) and (`t`.`s` like _utf8mb4'a%')) then (`t`.`p` * 1.5) else NULL end) AS `y`,exists(select 1 from `shop`.`u` where (`u`.`id` = `t`.`id`)) AS `e` from (`shop`.`t` left join `shop`.`u` `w` on((`w`.`id` = `t`.`id`))) where ((`t`.`id` in (1,2)) and (`t`.`d` >= DATE'2024-01-01')) group by `t`.`id` order by `t`.`id` desc limit 3"
  const mariadb =
    "select `t`.`id` + 1 AS `x`,case when `t`.`b` <> 0 and `t`.`s` like 'a%' then `t`.`p` * 1.5 else NULL end AS `y`,exists(select 1 from `shop`.`u` where `u`.`id` = `t`.`id`) AS `e` from (`shop`.`t` left join `shop`.`u` `w` on(`w`.`id` = `t`.`id`)) where `t`.`id` in (1,2) and `t`.`d` >= DATE'2024-01-01' group by `t`.`id` order by `t`.`id` desc limit 3"
  expect(shapeOf(mysql)).toEqual(shapeOf(mariadb))
})

const PRECEDENCE: readonly (readonly [plain: string, grouped: string])[] = [
  ['1 + 2 * 3', '1 + (2 * 3)'],
  ['-1 - 2 - 3', '((-1) - 2) - 3'],
  ['a or b and c xor d', 'a or ((b and c) xor d)'],
  ['not a = b', 'not (a = b)'],
  ['!a = b', '(!a) = b'],
  ['a between 1 and 2 and c', '(a between 1 and 2) and c'],
  ['a in (1) or not b is null', '(a in (1)) or (not (b is null))'],
  ['d + interval 1 day - interval 2 month', '(d + interval 1 day) - interval 2 month'],
  ['a DIV 2 MOD 3 / 4', '((a div 2) mod 3) / 4'],
  ["s collate utf8mb4_bin = 'x'", "(s collate utf8mb4_bin) = 'x'"],
  ['a <=> b <> c', '(a <=> b) <> c'],
]

test.each(PRECEDENCE)('%s is read as %s', (plain, grouped) => {
  expect(shapeOf(`select ${plain} AS x`)).toEqual(shapeOf(`select ${grouped} AS x`))
})

test('texts lose their quotes and escapes, names their backticks', () => {
  expect(shapeOf("select 'it''s \\\\ \\'x\\' 50\\%' AS `a``b`")).toMatchObject({
    body: { items: [{ value: { kind: 'text', value: "it's \\ 'x' 50\\%" }, alias: 'a`b' }] },
  })
})

test.each([
  'select a || b',
  'select 1 from t limit',
  'select cast(a as',
  'select a regexp b',
  'select {',
  'select 1 1',
  "select _binary'a'",
])('%s is refused', (text) => {
  expect(() => parseView(text)).toThrow(expect.objectContaining({ code: 'IMPORT_UNTRANSLATABLE' }))
})
