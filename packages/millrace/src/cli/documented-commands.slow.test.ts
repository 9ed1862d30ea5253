/** Every command that the documentation or a hint tells someone to type is one that there is, with the options that it has. */
import { describeError, ERRORS } from '@millrace/base'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeAll, expect, test } from 'vitest'
import { COMMANDS } from '../command/index.ts'
import { parseArguments } from './arguments.ts'
import type { Command } from './command.ts'

const ROOT = fileURLToPath(new URL('../../../..', import.meta.url))
const PAGES = ['README.md', 'CONTRIBUTING.md', ...globSync(['docs/*.md', 'docs/guides/*.md', 'examples/*/README.md'], { cwd: ROOT })]

const BLOCK = /^( *)```(?:sh|bash|shell|console)\n([\s\S]*?)^\1```/gm
const INLINE = /`((?:npx )?millrace [^`]*)`/g
const TYPED = /^\s*(?:\$ )?(?:[A-Z_]+=\S+ )*(?:(?:npx )?millrace|npm run demo --) (.*)$/

// All that the commands rest on is loaded once, which takes long on a busy machine.
beforeAll(async () => {
  for (const { load } of COMMANDS) await load()
}, 600_000)

/** What is typed after `millrace`, without comments, pipes and what follows. */
function typedIn(text: string): string[] {
  const lines = [...text.matchAll(BLOCK)].flatMap((block) => (block[2] ?? '').replaceAll(/\\\n\s*/g, ' ').split('\n'))
  const commands = lines.flatMap((line) => line.split(/ && | \| /))
  return commands.flatMap((line) => {
    const typed = TYPED.exec(line.replace(/\s+#.*$/, ''))?.[1]
    if (typed === undefined) return []
    return [line.includes('npm run demo') ? `demo ${typed}` : typed]
  })
}

/** Words as a shell splits them; what is quoted stays one. */
function wordsOf(typed: string): string[] {
  return [...typed.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(([, single, double, plain]) => single ?? double ?? plain ?? '')
}

async function problemOf(typed: string, { whole }: { readonly whole: boolean }): Promise<string | null> {
  const [name = '', ...words] = wordsOf(typed)
  // `millrace COMMAND --help` and the like stand for any.
  if (/^[A-Z…‹-]/.test(name)) return null
  const entry = COMMANDS.find((each) => each.name === name.replace(/[,.:…]$/, ''))
  if (entry === undefined) return `${typed}: there is no command ${name}`
  const command: Command = { ...entry, ...(await entry.load()) }
  try {
    parseArguments(command, words)
    return null
  } catch (error) {
    const problem = describeError(error)
    const isShort = !whole && problem.includes('Something is missing')
    return isShort ? null : `${typed}: ${problem}`
  }
}

async function problemsIn(texts: readonly string[], options: { readonly whole: boolean }): Promise<string[]> {
  const found = await Promise.all(texts.map(async (typed) => problemOf(typed, options)))
  return found.filter((problem) => problem !== null)
}

test.each(PAGES)('the commands that %s prints can be typed', async (page) => {
  expect(await problemsIn(typedIn(readFileSync(join(ROOT, page), 'utf8')), { whole: true })).toEqual([])
})

test.each(PAGES)('the commands that the sentences of %s mention are there', async (page) => {
  const text = readFileSync(join(ROOT, page), 'utf8').replaceAll(BLOCK, '')
  const mentioned = [...text.matchAll(INLINE)].map(([, typed]) => (typed ?? '').replace(/^(npx )?millrace /, ''))
  expect(await problemsIn(mentioned, { whole: false })).toEqual([])
})

test('the commands that the hints of errors name are there', async () => {
  const hints = Object.values(ERRORS).flatMap(({ hint, summary }) => [hint, summary])
  const named = hints.flatMap((text) => [...text.matchAll(INLINE)].map(([, typed]) => (typed ?? '').replace(/^(npx )?millrace /, '')))
  expect(named.length).toBeGreaterThan(20)
  expect(
    await problemsIn(
      named.filter((typed) => !typed.startsWith('{')),
      { whole: false },
    ),
  ).toEqual([])
})

test('every command has a help with an example that can be typed', async () => {
  for (const entry of COMMANDS) {
    const { example } = await entry.load()
    const typed = typedIn(`\`\`\`sh\n${example}\n\`\`\``)
    expect([entry.name, typed.length > 0 || example.startsWith('npm run demo')]).toEqual([entry.name, true])
    expect(await problemsIn(typed, { whole: true })).toEqual([])
  }
})
