/** What we say of collations is asked of a server, letter by letter. */
import { type Mariadb, startMariadb } from '@millrace/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { collationOf } from './catalog/collation.ts'

const PRINTABLE = Array.from({ length: 95 }, (_, at) => String.fromCodePoint(32 + at))
let mariadb: Mariadb

beforeAll(async () => {
  mariadb = await startMariadb()
})

afterAll(async () => {
  await mariadb.stop()
})

const ours = (letter: string, ignoresCase: boolean): string => (ignoresCase ? letter.toUpperCase() : letter)

test.each([
  'utf8mb4_general_ci',
  'utf8mb3_general_ci',
  'latin1_swedish_ci',
  'utf8mb4_bin',
  'latin1_bin',
  'utf8mb4_unicode_ci',
  'utf8mb4_unicode_520_ci',
  'utf8mb4_general_nopad_ci',
])('printable ASCII is equal, and in order, by %s as we have it', async (name) => {
  const { ignoresCase, isBinaryOrder, ignoresBlanksAtEnd } = collationOf(name)
  expect(ignoresCase).not.toBeNull()
  const charset = name.slice(0, name.indexOf('_'))
  const letter = (text: string): string => `convert(0x${Buffer.from(text).toString('hex')} using ${charset}) collate ${name}`
  const pairs = PRINTABLE.flatMap((one) => PRINTABLE.map((other) => [one, other] as const))
  for (let start = 0; start < pairs.length; start += 1000) {
    const part = pairs.slice(start, start + 1000)
    // A letter before them keeps a blank from standing at the end.
    const [row] = await mariadb.query(
      `select ${part.map(([one, other], at) => `strcmp(${letter(`${one}x`)}, ${letter(`${other}x`)}) as c${at}`).join(', ')}`,
    )
    for (const [at, [one, other]] of part.entries()) {
      const found = Number(row?.[`c${at}`])
      const [left, right] = [ours(one, ignoresCase === true), ours(other, ignoresCase === true)]
      expect(found === 0, `${one} and ${other}`).toBe(left === right)
      if (isBinaryOrder) expect(found, `${one} before ${other}`).toBe(left < right ? -1 : left > right ? 1 : 0)
    }
  }
  const [blank] = await mariadb.query(`select ${letter('a')} = ${letter('a ')} as same`)
  expect(Number(blank?.['same']) === 1).toBe(ignoresBlanksAtEnd)
})

test('what is not known of a collation is not said', () => {
  expect(collationOf('utf8mb4_swedish_ci').ignoresCase).toBeNull()
  expect(collationOf('utf8mb4_0900_as_cs').ignoresCase).toBeNull()
  expect(collationOf('utf8mb4_0900_ai_ci')).toMatchObject({ ignoresCase: true, isBinaryOrder: false, ignoresBlanksAtEnd: false })
})
