import { expect, test, vi } from 'vitest'
import { type CommandResult, defineCommand } from './command.ts'
import { runCommand } from './run-command.ts'

const options = {
  kills: { default: 20, quick: 2, help: 'how often' },
  only: { default: '', help: 'only this' },
  keep: { default: false, help: 'keep the folder' },
} as const

async function called(...words: string[]): Promise<{ code: number; values: object | null; told: string }> {
  let values: object | null = null
  let told = ''
  const result: CommandResult = { outcome: { lost: 1 }, ok: !words.includes('--keep') }
  const command = defineCommand({
    name: 'crash',
    summary: 'kills',
    options,
    run: (given) => {
      values = given
      return Promise.resolve(result)
    },
  })
  const tell = (text: string | Uint8Array): boolean => {
    told += String(text)
    return true
  }
  const spies = [vi.spyOn(process.stdout, 'write').mockImplementation(tell), vi.spyOn(process.stderr, 'write').mockImplementation(tell)]
  const code = await runCommand({ program: 'npm run drill --', commands: [command], example: 'x' }, words)
  for (const spy of spies) spy.mockRestore()
  return { code, values, told }
}

test('A command gets its options by type, defaults where nothing was said, and smaller ones with --quick', async () => {
  expect((await called('crash')).values).toEqual({ kills: 20, only: '', keep: false })
  expect((await called('crash', '--quick')).values).toEqual({ kills: 2, only: '', keep: false })
  expect((await called('crash', '--quick', '--kills', '7', '--only', 'a,b', '--keep')).values).toEqual({
    kills: 7,
    only: 'a,b',
    keep: true,
  })
})

test('The exit code tells a good answer, a bad one and a wrong question apart', async () => {
  expect(await called('crash', '--json')).toMatchObject({ code: 0, told: '{"lost":1}\n' })
  expect(await called('crash', '--keep')).toMatchObject({ code: 1 })
  expect(await called('flood')).toMatchObject({ code: 64, values: null })
  expect(await called('crash', '--kill', '3')).toMatchObject({ code: 64, values: null })
  expect(await called('crash', '--kills', 'many')).toMatchObject({ code: 64, values: null })
})

test('Help names every command and option', async () => {
  const { told } = await called('--help')
  expect(told).toContain('--kills N    how often; default 20, quick 2')
  expect(told).toContain('--keep       keep the folder')
})
