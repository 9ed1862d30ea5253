import { MillraceError } from '@millrace/base'
import { describe, expect, it } from 'vitest'
import { parseArguments } from './arguments.ts'
import type { Command } from './command.ts'

const command: Command = {
  name: 'tail',
  summary: '',
  load: () => Promise.reject(new Error('not loaded')),
  usage: 'NAME',
  example: '',
  positionals: { least: 1, most: 1 },
  options: {
    last: { type: 'number', value: 'N', summary: '' },
    once: { type: 'flag', summary: '' },
    status: { type: 'text', summary: '' },
  },
  run: async () => 0,
}

function problemOf(words: readonly string[]): string {
  try {
    parseArguments(command, words)
  } catch (error) {
    if (error instanceof MillraceError && error.code === 'USAGE') return error.message
  }
  return ''
}

describe('arguments of a command', () => {
  it('reads words, numbers, texts and flags', () => {
    expect(parseArguments(command, ['shop.orders', '--last', '5', '--once', '--status=parked'])).toEqual({
      positionals: ['shop.orders'],
      options: { last: 5, once: true, status: 'parked' },
    })
  })

  it('names the option that was probably meant', () => {
    expect(problemOf(['x', '--lsat', '5'])).toContain('did you mean --last?')
  })

  it('refuses a number that is none, a value that is missing, and a value for a flag', () => {
    expect(problemOf(['x', '--last', 'many'])).toContain("not 'many'")
    expect(problemOf(['x', '--last'])).toContain('--last needs a value')
    expect(problemOf(['x', '--once=yes'])).toContain('takes no value')
  })

  it('says what is missing and what is too much', () => {
    expect(problemOf([])).toContain('millrace tail NAME')
    expect(problemOf(['a', 'b'])).toContain('Too many words: b')
  })

  it('asks for nothing when help is wanted', () => {
    expect(parseArguments(command, ['--help']).options['help']).toBe(true)
  })
})
