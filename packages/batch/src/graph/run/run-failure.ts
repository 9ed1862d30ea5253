/** What can end the work on one model, by what helps. */
import { describeError, MillraceError } from '@millrace/base'
import { problemOfRun } from '../../query-error.ts'

/** `memory`: alone it may fit. `disk`: nothing else will do better. `model`: only this one, until it is mended. */
export type FailureClass = 'memory' | 'disk' | 'model'

export function classOfFailure(error: unknown): FailureClass {
  const text = describeError(error)
  if (/No space left|ENOSPC|EFBIG|File too large|Disk quota exceeded|EDQUOT|max_temp_directory_size|disk full/i.test(text)) return 'disk'
  return /Out of Memory/i.test(text) ? 'memory' : 'model'
}

/** As it is told to whoever ran it. */
export function failureOf({ name, file, error }: { readonly name: string; readonly file: string; readonly error: unknown }): MillraceError {
  if (error instanceof MillraceError) return error
  const problem = problemOfRun(error)
  if (classOfFailure(error) === 'disk') return new MillraceError('RUN_OUT_OF_DISK', { cause: error, details: { model: name, problem } })
  return new MillraceError('MODEL_FAILED', { cause: error, details: { model: name, file, problem } })
}
