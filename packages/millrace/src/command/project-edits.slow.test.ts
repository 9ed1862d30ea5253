import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { ProjectEdits } from './project-edits.ts'

let folder: string
let edits: ProjectEdits

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-edits-'))
  mkdirSync(join(folder, 'models/sales'), { recursive: true })
  for (const file of ['millrace.config.ts', 'models/a.sql', 'models/sales/b.sql']) writeFileSync(join(folder, file), 'before')
  edits = new ProjectEdits(folder)
})

afterEach(() => {
  edits.close()
  rmSync(folder, { recursive: true })
})

async function next(): Promise<string> {
  for (;;) {
    const edited = edits.take()
    if (edited !== null) return edited
    await sleep(20)
  }
}

/** As most editors save: a new file takes the place of the old one. */
function replace(file: string): void {
  writeFileSync(join(folder, `${file}.new`), 'after')
  renameSync(join(folder, `${file}.new`), join(folder, file))
}

test('a file that is saved by replacing it is heard each time', async () => {
  for (const file of ['millrace.config.ts', 'models/a.sql', 'models/sales/b.sql']) {
    replace(file)
    expect(await next()).toBe(file)
    replace(file)
    expect(await next()).toBe(file)
    writeFileSync(join(folder, file), 'again')
    expect(await next()).toBe(file)
  }
})

test('files of a folder that came later are heard, and of one that was replaced', async () => {
  mkdirSync(join(folder, 'models/later'))
  expect(await next()).toBe('models/later')
  writeFileSync(join(folder, 'models/later/c.sql'), 'new')
  expect(await next()).toBe('models/later/c.sql')
  renameSync(join(folder, 'models'), join(folder, 'models-before'))
  expect(await next()).toBe('models')
  mkdirSync(join(folder, 'models'))
  expect(await next()).toBe('models')
  writeFileSync(join(folder, 'models/d.sql'), 'new')
  expect(await next()).toBe('models/d.sql')
})

test('files that are not of the project are not heard', async () => {
  writeFileSync(join(folder, 'README.md'), 'words')
  writeFileSync(join(folder, 'models/a.sql~'), 'a copy that an editor keeps')
  replace('models/a.sql')
  expect(await next()).toBe('models/a.sql')
  expect(edits.take()).toBe(null)
})
