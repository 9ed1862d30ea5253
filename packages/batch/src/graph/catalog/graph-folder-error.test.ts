import { MillraceError } from '@millrace/base'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { keepFile } from '../check/keep-file.ts'
import { GraphCatalog } from './catalog.ts'
import { lockEnvironment } from './environment-lock.ts'
import { asGraphFolderError } from './graph-folder-error.ts'

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-folder-'))
})

afterEach(() => rmSync(folder, { recursive: true }))

test('a catalogue that cannot be made, or is damaged, is told with its folder', () => {
  writeFileSync(join(folder, 'graph'), '')
  expect(() => new GraphCatalog(join(folder, 'graph/catalog.db'))).toThrow(expect.objectContaining({ code: 'GRAPH_FOLDER_UNUSABLE' }))
  writeFileSync(join(folder, 'catalog.db'), 'no database '.repeat(1000))
  expect(() => new GraphCatalog(join(folder, 'catalog.db'))).toThrow(
    expect.objectContaining({ code: 'GRAPH_FOLDER_UNUSABLE', details: { folder, problem: 'file is not a database' } }),
  )
})

test('a lock that cannot be taken is another run only where another holds it', () => {
  const unlock = lockEnvironment(folder, 'prod')
  expect(() => lockEnvironment(folder, 'prod')).toThrow(expect.objectContaining({ code: 'RUN_IN_PROGRESS' }))
  unlock()
  mkdirSync(join(folder, 'locks'), { recursive: true })
  writeFileSync(join(folder, 'locks/dev.lock'), 'no database '.repeat(1000))
  expect(() => lockEnvironment(folder, 'dev')).toThrow(expect.objectContaining({ code: 'GRAPH_FOLDER_UNUSABLE' }))
})

test('a full disk and missing rights are told as such, and anything else as it is', () => {
  const sqlite = (errcode: number): Error => Object.assign(new Error('said'), { code: 'ERR_SQLITE_ERROR', errcode })
  const codesOf = (errors: readonly Error[]): unknown[] =>
    errors.map((error) => asGraphFolderError(error, folder)).map((error) => (error instanceof MillraceError ? error.code : error))
  const denied = [sqlite(13), sqlite(778), ...['ENOSPC', 'EROFS', 'EACCES'].map((code) => Object.assign(new Error('said'), { code }))]
  expect(new Set(codesOf(denied))).toEqual(new Set(['GRAPH_FOLDER_UNUSABLE']))
  const others = [sqlite(19), new Error('said'), new MillraceError('RUN_IN_PROGRESS', { details: { environment: 'prod' } })]
  expect(codesOf(others)).toEqual([others[0], others[1], 'RUN_IN_PROGRESS'])
})

test('what only spares work is not written where it cannot be, and nothing is left of it', () => {
  mkdirSync(join(folder, 'check.json'))
  keepFile(join(folder, 'check.json'), 'text')
  writeFileSync(join(folder, 'file'), '')
  keepFile(join(folder, 'file/check.json'), 'text')
  expect(readdirSync(folder).toSorted()).toEqual(['check.json', 'file'])
})
