import { scheduleState, type ScheduleState } from '@millrace/batch/graph'
import { type CommandDefinition, EXIT } from '../cli/command.ts'
import { tableLines } from '../cli/table.ts'
import { timeText } from '../cli/show-run.ts'
import type { Terminal } from '../cli/terminal.ts'
import { readProject } from '../config/project.ts'
import { schedulesOf } from '../config/schedule.ts'
import { openCatalog } from '../engine/open-graph.ts'

export const schedules: CommandDefinition = {
  usage: '[options]',
  example: 'millrace schedules',
  positionals: { least: 0, most: 0 },
  options: {},
  details:
    'For each of `schedules` in millrace.config.ts: when it is due next, what came of it last, when the next run (or the one at work) is\n' +
    'forecast to end, and by when it should have. Times are UTC. They run while `millrace start` or `millrace dev` does.',
  async run({ terminal, clock, folder }) {
    const project = await readProject(folder)
    const catalog = openCatalog(project)
    try {
      const states = schedulesOf(project.config).map((schedule) => scheduleState(schedule, catalog, clock.nowMs()))
      if (terminal.json) for (const state of states) terminal.value(state)
      else show(terminal, states)
    } finally {
      catalog.close()
    }
    return EXIT.OK
  },
}

function show(terminal: Terminal, states: readonly ScheduleState[]): void {
  if (states.length === 0) return terminal.out('There are none: name some under `schedules` in millrace.config.ts.')
  const titles = ['schedule', 'environment', 'next', 'last', '', 'forecast end', 'deadline', ''].map((title) => ({ title }))
  const lines = states.map(({ name, environment, nextMs, last, expectedMs, deadlineMs, willBeLate, running }) => [
    name,
    environment,
    minute(nextMs),
    last === null ? 'never' : minute(last.dueMs),
    last === null ? '' : `${last.status}${last.run === null ? '' : `, run ${last.run}`}`,
    minute(expectedMs),
    minute(deadlineMs),
    `${running === null ? '' : 'is running'}${willBeLate ? terminal.paint('red', ' will be late') : ''}`.trim(),
  ])
  for (const line of tableLines(terminal, titles, lines)) terminal.out(line)
  for (const { name, last } of states)
    if (last !== null && last.problem !== null) terminal.out(`${name}: ${terminal.paint('red', last.problem)}`)
}

function minute(atMs: number | null): string {
  return atMs === null ? '' : timeText(atMs).slice(0, 16)
}
