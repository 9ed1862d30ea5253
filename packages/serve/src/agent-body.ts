/** Reads a batch's body, never more of it than the bounds allow. */
import { MillraceError } from '@millrace/base'
import type { IncomingMessage } from 'node:http'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { AGENT_LIMITS } from './agent-limits.ts'
import type { AgentLoad } from './agent-load.ts'

const unpack = promisify(gunzip)

/** Raises AGENT_BATCH_TOO_LARGE, AGENT_BATCH_UNREADABLE and AGENT_DOOR_BUSY. `done` lets go of the bytes. */
export async function readAgentBody(
  request: IncomingMessage,
  load: AgentLoad,
): Promise<{ readonly text: string; readonly done: () => void }> {
  const told = Number(request.headers['content-length'] ?? Number.NaN)
  // A body of unknown length is held for as long as it may be.
  const length = Number.isSafeInteger(told) && told >= 0 ? told : AGENT_LIMITS.bodyBytes
  if (length > AGENT_LIMITS.bodyBytes) throw tooLarge(AGENT_LIMITS.bodyBytes)
  const letGo = load.hold(length)
  let body: Buffer
  try {
    body = await received(request)
    if (request.headers['content-encoding'] === 'gzip') body = await unpacked(body)
  } finally {
    letGo()
  }
  return { text: body.toString('utf8'), done: load.hold(body.length) }
}

function received(request: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let bytes = 0
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length
      if (bytes > AGENT_LIMITS.bodyBytes) reject(tooLarge(AGENT_LIMITS.bodyBytes))
      else chunks.push(chunk)
    })
    request.on('end', () => resolve(Buffer.concat(chunks)))
    request.on('error', reject)
    request.on('close', () => {
      if (!request.complete) reject(new MillraceError('AGENT_BATCH_UNREADABLE', { details: { problem: 'it was cut short' } }))
    })
  })
}

async function unpacked(body: Buffer): Promise<Buffer> {
  try {
    return await unpack(body, { maxOutputLength: AGENT_LIMITS.unpackedBytes })
  } catch (cause) {
    if ((cause as { code?: string }).code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(AGENT_LIMITS.unpackedBytes)
    throw new MillraceError('AGENT_BATCH_UNREADABLE', { cause, details: { problem: 'it is not packed as it says' } })
  }
}

function tooLarge(limit: number): MillraceError {
  return new MillraceError('AGENT_BATCH_TOO_LARGE', { details: { limit } })
}
