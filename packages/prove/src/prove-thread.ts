/** The entry of the thread that `proveInThread` starts. It answers once and ends. */
import { parentPort, workerData } from 'node:worker_threads'
import { assert } from '@millrace/base'
import { openReader } from '@millrace/store'
import { proveModel } from './prove-model.ts'
import { plainError, type ThreadAnswer, type ThreadRequest } from './thread-message.ts'

const port = parentPort
assert(port !== null, 'this file runs as a thread')
const stopping = new AbortController()
port.on('message', () => stopping.abort())
port.postMessage(await answer(workerData as ThreadRequest))
port.close()

async function answer({ storePath, ...request }: ThreadRequest): Promise<ThreadAnswer> {
  try {
    const reader = openReader(storePath)
    try {
      return { proof: await proveModel({ ...request, reader, signal: stopping.signal }) }
    } finally {
      reader.close()
    }
  } catch (error) {
    return { error: plainError(error) }
  }
}
