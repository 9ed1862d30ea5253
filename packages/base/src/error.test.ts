import { expect, test } from 'vitest'
import { MillraceError } from './error.ts'

const messageOf = (problem: string): string =>
  new MillraceError('CONFIG_INVALID', { details: { file: 'a.ts', problem, place: 'it' } }).message

test('a message ends once, however what is filled in ends', () => {
  expect(messageOf('it is empty')).toBe('The configuration a.ts is not valid: it is empty.')
  for (const end of ['.', '?', '!', '…']) expect(messageOf(`it is${end}`)).toBe(`The configuration a.ts is not valid: it is${end}`)
})

test('what is not told stays visible, and what is empty leaves no gap', () => {
  expect(new MillraceError('CONFIG_INVALID', { details: { file: 'a.ts' } }).message).toContain('{problem}')
  expect(new MillraceError('USAGE', { details: { problem: 'No.', command: '' } }).hint).toBe('Run `millrace --help`.')
  expect(new MillraceError('USAGE', { details: { problem: 'No.', command: 'run' } }).hint).toBe('Run `millrace run --help`.')
})
