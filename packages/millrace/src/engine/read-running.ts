/** Reads this project's running process as any client does. */
import { ReadError } from '@millrace/client'
import { MillraceError } from '@millrace/base'
import type { Project } from '../config/project.ts'
import { readRunFile } from './run-file.ts'

/** Raises NOT_RUNNING. */
export function runningUrl({ storePath }: Project): string {
  const running = readRunFile(storePath)
  if (running === null) throw new MillraceError('NOT_RUNNING', { details: { store: storePath } })
  return running.url
}

/** What the running process refused, with its own words; where it cannot be reached it does not run. */
export function asMillraceError(error: unknown, url: string): unknown {
  if (!(error instanceof ReadError)) return error
  if (error.code === 'CLIENT_LINE_BROKEN') return new MillraceError('NOT_RUNNING', { cause: error, details: { store: url } })
  const message = error.hint === '' ? error.message : `${error.message.replace(/\.$/, '')}. ${error.hint}`
  return new MillraceError('REQUEST_REFUSED', { cause: error, details: { url, code: error.code, message } })
}
