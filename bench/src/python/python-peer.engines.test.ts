import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test, vi } from 'vitest'
import { pythonPeer } from './python-peer.ts'

const cache = mkdtempSync(join(tmpdir(), 'millrace-python-peer-'))

afterEach(() => {
  vi.unstubAllEnvs()
  rmSync(cache, { recursive: true, force: true })
})

test('a peer that cannot be fetched is told with the reason and a way out, and is fetched anew the next time', async () => {
  // Nothing listens there.
  vi.stubEnv('PIP_INDEX_URL', 'http://127.0.0.1:9/simple')
  vi.stubEnv('PIP_FIND_LINKS', '')
  vi.stubEnv('PIP_RETRIES', '0')
  const notes: string[] = []
  const fetching = (): Promise<unknown> => pythonPeer({ peer: 'dbt', cache, note: (line) => notes.push(line) })
  await expect(fetching()).rejects.toThrow(/peer dbt could not be made: ERROR: .*agate[\s\S]*PIP_INDEX_URL, or measure without --peer/)
  await expect(fetching()).rejects.toThrow('could not be made')
  expect(notes).toHaveLength(2)
})
