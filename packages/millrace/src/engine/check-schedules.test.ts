import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { readProject } from '../config/project.ts'
import { checkWhole } from './check-project.ts'
import { checkSchedules } from './check-schedules.ts'

const FILES = {
  'models/now.sql': 'select 1 as one',
  'models/numbers/revenue.sql': '-- @tags nightly\nselect 1 as one',
  'models/numbers/margin.sql': 'select one from revenue',
  'models/numbers/idle.sql': '-- @disabled it has no reader\nselect 1 as one',
}

async function problems(schedules: object, files: Readonly<Record<string, string>> = FILES): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-schedules-'))
  const config = { name: 'numbers', graph: { folders: { numbers: { materialize: 'table' } } }, schedules }
  try {
    for (const [file, text] of Object.entries({ ...files, 'millrace.config.ts': `export default ${JSON.stringify(config)}\n` })) {
      mkdirSync(dirname(join(folder, file)), { recursive: true })
      writeFileSync(join(folder, file), text)
    }
    const project = await readProject(folder)
    return checkSchedules(project, await checkWhole(project)).map(({ code, details }) => `${code} ${details['problem']}`)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const every = '1 h'

test('a schedule that would run something is told nothing of', async () => {
  expect(await problems({})).toEqual([])
  expect(
    await problems({
      all: { every },
      named: { every, select: 'revenue+' },
      tagged: { every, select: ['tag:nightly', 'margin'], exclude: 'revenue' },
      changed: { every, select: 'state:modified+' },
    }),
  ).toEqual([])
})

test('a schedule that would run nothing is told with its name, its selection and the reason', async () => {
  expect(
    await problems({
      typo: { every, select: 'revenu+' },
      tagged: { every, select: 'tag:weekly' },
      both: { every, select: 'tag:nightly,margin' },
      excluded: { every, select: 'margin', exclude: 'margin' },
      unknown: { every, exclude: 'nothing_like_it' },
      live: { every, select: '+now' },
      held: { every, select: 'idle' },
    }),
  ).toEqual([
    "CONFIG_INVALID `schedules.typo` selects nothing by revenu+: no model fits 'revenu'; did you mean 'revenue'?",
    "CONFIG_INVALID `schedules.tagged` selects nothing by tag:weekly: no model fits 'tag:weekly'",
    'CONFIG_INVALID `schedules.both` selects nothing by tag:nightly,margin: no model fits all of it',
    'CONFIG_INVALID `schedules.excluded` selects nothing by margin without margin: no model fits all of it',
    "CONFIG_INVALID `schedules.unknown` selects nothing by without nothing_like_it: no model fits 'nothing_like_it'",
    "CONFIG_INVALID `schedules.live` selects nothing by +now: 'now' is a live model, which is kept up to date without a schedule",
    "CONFIG_INVALID `schedules.held` selects nothing by idle: 'idle' is a model that is not run; `millrace ls` tells why",
  ])
})

test('a schedule in a project without batch models is told so', async () => {
  const [problem] = await problems({ night: { every } }, { 'models/now.sql': 'select 1 as one' })
  expect(problem).toBe('CONFIG_INVALID `schedules.night` runs nothing: there are no batch models to run')
})

test('where a model is not valid, nothing is told that only follows from it', async () => {
  expect(await problems({ night: { every, select: 'broken' } }, { ...FILES, 'models/numbers/broken.sql': 'select' })).toEqual([])
})
