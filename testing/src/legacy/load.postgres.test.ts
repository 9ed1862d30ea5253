import pg from 'pg'
import { expect, test } from 'vitest'
import { startPostgres } from '../postgres.ts'
import { loadLegacyTree } from './load.ts'

test('every view of a legacy tree yields rows, and no two yield the same', async () => {
  const postgres = await startPostgres()
  try {
    const { url, views } = await loadLegacyTree(postgres, { seed: 3, views: 120 })
    const client = new pg.Client({ connectionString: url })
    await client.connect()
    const seen = new Map<string, string>()
    for (const { name } of views) {
      const found = await client.query<{ rows: number; sum: string }>(
        `select count(*)::integer as rows, md5(string_agg(v::text, ',' order by v::text)) as sum from ${name} v`,
      )
      const { rows = 0, sum = '' } = found.rows[0] ?? {}
      expect(rows, name).toBeGreaterThan(0)
      expect(seen.get(sum), name).toBeUndefined()
      seen.set(sum, name)
    }
    await client.end()
  } finally {
    await postgres.stop()
  }
}, 120_000)
