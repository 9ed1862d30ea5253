import type { LogReader } from '@millrace/core'
import { expect, test } from 'vitest'
import type { Project } from '../config/project.ts'
import { proveStream } from './prove-stream.ts'

test('a stream whose source has no position to be read at is told as such, and so is one of no source', async () => {
  const project: Project = {
    folder: '',
    storePath: '',
    models: [],
    batch: [],
    seeds: [],
    problems: [],
    config: { name: 'shop', sources: { inbox: { kind: 'files', from: './inbox', streams: {} } } },
  }
  const reader = {} as LogReader
  await expect(proveStream({ project, reader, stream: 'inbox.orders' })).rejects.toMatchObject({
    code: 'PROOF_COPY_UNSUPPORTED',
    message: 'inbox.orders cannot be proven against its source: files cannot be read as of one position.',
  })
  await expect(proveStream({ project, reader, stream: 'gone.orders' })).rejects.toMatchObject({ code: 'PROOF_COPY_UNSUPPORTED' })
})
