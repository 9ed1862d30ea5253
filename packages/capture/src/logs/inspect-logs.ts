/** Looks at log files as `millrace doctor` does. */
import { access, constants } from 'node:fs/promises'
import { describeError } from '@millrace/base'
import type { Finding } from '../postgres/inspect-postgres.ts'
import type { LogsPlace } from './discover-logs.ts'
import { findLogs } from './find-logs.ts'

export async function inspectLogs({ folder, config }: LogsPlace): Promise<Finding[]> {
  const found = await findLogs(folder, config.files)
  const files = typeof config.files === 'string' ? config.files : config.files.join(', ')
  const refused: string[] = []
  for (const { path } of found) await access(path, constants.R_OK).catch((error: unknown) => refused.push(describeError(error)))
  return [
    {
      check: 'files',
      ok: found.length > 0,
      detail: `${found.length} fit ${files}`,
      ...(found.length > 0 ? {} : { fix: 'Correct `files` in millrace.config.ts, or wait for the first line.' }),
    },
    {
      check: 'reading',
      ok: refused.length === 0,
      detail: refused.length === 0 ? 'all may be read' : (refused[0] as string),
      ...(refused.length === 0 ? {} : { fix: 'Let the user of Millrace read them: `chmod o+r FILE`, or add it to their group.' }),
    },
  ]
}
