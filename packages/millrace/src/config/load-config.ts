import { describeError, MillraceError } from '@millrace/base'
import type { ProjectConfig } from '@millrace/core'
import { existsSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { validateConfig } from './validate-config.ts'

export const CONFIG_FILE = 'millrace.config.ts'

let loads = 0

/** A project may lie anywhere: where no `millrace` is installed beside it, its config gets the one that runs it. */
registerHooks({
  resolve(specifier, context, nextResolve) {
    if (specifier !== 'millrace') return nextResolve(specifier, context)
    try {
      return nextResolve(specifier, context)
    } catch {
      return nextResolve(new URL('../index.ts', import.meta.url).href, context)
    }
  },
})

/** Runs the project's config and checks it. Read anew at each call, so that `dev` sees an edit. */
export async function loadConfig(folder: string): Promise<ProjectConfig> {
  const path = join(folder, CONFIG_FILE)
  if (!existsSync(path)) throw new MillraceError('CONFIG_NOT_FOUND', { details: { folder } })
  loads += 1
  const url = `${pathToFileURL(path).href}?load=${loads}`
  let exported: { default?: unknown }
  try {
    exported = (await import(url)) as { default?: unknown }
  } catch (error) {
    const problem = describeError(error).split('\n')[0] ?? 'it cannot be read'
    throw new MillraceError('CONFIG_INVALID', {
      details: { file: path, problem, place: placeIn(error, path) },
      ...frameOf(error),
    })
  }
  if (exported.default === undefined) {
    throw new MillraceError('CONFIG_INVALID', {
      details: { file: path, problem: 'it has no default export', place: 'the file: end it with `export default defineProject({ … })`' },
    })
  }
  return validateConfig(exported.default, path)
}

/** `millrace.config.ts:12:5` where the error knows it. */
function placeIn(error: unknown, path: string): string {
  const stack = error instanceof Error ? (error.stack ?? '') : ''
  const found = /millrace\.config\.ts[^\s:]*:(\d+)(?::(\d+))?/.exec(stack)
  return found === null ? path : `${CONFIG_FILE}:${found[1]}${found[2] === undefined ? '' : `:${found[2]}`}`
}

/** Node puts the offending line and a caret before a syntax error's own text. */
function frameOf(error: unknown): { frame?: string } {
  if (!(error instanceof SyntaxError)) return {}
  const lines = (error.stack ?? '').split('\n')
  const end = lines.findIndex((line) => line.startsWith('SyntaxError') || line.startsWith('    at '))
  const frame = lines.slice(1, Math.max(1, end)).filter((line) => line.trim() !== '')
  return frame.length === 0 ? {} : { frame: frame.join('\n') }
}
