import { type Schedule, selectModels } from '@millrace/batch/graph'
import { MillraceError } from '@millrace/base'
import type { Project } from '../config/project.ts'
import { schedulesOf } from '../config/schedule.ts'
import { CONFIG_FILE } from '../config/load-config.ts'
import type { CheckedWhole } from './check-project.ts'

/**
 * Schedules that would run nothing, told before the night in which they should have. Where a model is not
 * valid nothing is said: a selection may miss only that one.
 */
export function checkSchedules({ config }: Project, { batch, models, errors }: CheckedWhole): MillraceError[] {
  if (errors.length > 0) return []
  const live = new Set(models.map(({ name }) => name))
  return schedulesOf(config).flatMap((schedule) => {
    const problem = problemOf(schedule, { batch, live })
    return problem === null ? [] : [scheduleError(schedule, problem)]
  })
}

function problemOf(
  { words, exclude }: Schedule,
  { batch, live }: { batch: CheckedWhole['batch']; live: ReadonlySet<string> },
): string | null {
  const { models, held } = batch.graph
  if (models.size === 0) return 'there are no batch models to run'
  try {
    const excluded = exclude === null ? [] : exclude.split(/\s+/).filter((word) => word !== '')
    // As if every model had changed: which of them have is known only when it is due.
    const chosen = selectModels({ models, words, exclude: excluded, stateOf: () => 'new' })
    return chosen.size > 0 ? null : 'no model fits all of it'
  } catch (error) {
    if (!(error instanceof MillraceError) || error.code !== 'SELECTION_INVALID') throw error
    const selection = String(error.details['selection'])
    const name = selection.replaceAll(/^\d*\+|\+\d*$/g, '')
    if (live.has(name)) return `'${name}' is a live model, which is kept up to date without a schedule`
    if (held.has(name)) return `'${name}' is a model that is not run; \`millrace ls\` tells why`
    return String(error.details['problem'])
  }
}

function scheduleError({ name, words, exclude }: Schedule, problem: string): MillraceError {
  const place = `\`schedules.${name}\``
  const written = [...words, ...(exclude === null ? [] : [`without ${exclude}`])].join(' ')
  const selects = written === '' ? 'runs nothing' : `selects nothing by ${written}`
  return new MillraceError('CONFIG_INVALID', { details: { file: CONFIG_FILE, problem: `${place} ${selects}: ${problem}`, place } })
}
