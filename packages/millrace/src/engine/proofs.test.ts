import { systemClock, type MillraceError } from '@millrace/base'
import type { BoundModel } from '@millrace/sql'
import { expect, test } from 'vitest'
import { Proofs } from './proofs.ts'

test('a proof that cannot be made is told, and leaves what was known before', async () => {
  const stop = new AbortController()
  const told: MillraceError[] = []
  const proofs = new Proofs({
    models: [{ name: 'totals', sql: 'select 1' } as BoundModel],
    storePath: '/nowhere/store.db',
    clock: systemClock,
    pauseMs: 1,
    onFailure: (error) => {
      told.push(error)
      stop.abort()
    },
  })
  await proofs.run(stop.signal)
  expect(['STORE_NOT_FOUND', 'PROOF_FAILED']).toContain(told[0]?.code)
  expect(proofs.state('totals')).toMatchObject({ verdict: 'never', cut: null })
  expect(() => proofs.state('other')).toThrow(expect.objectContaining({ code: 'STREAM_UNKNOWN' }))
})
