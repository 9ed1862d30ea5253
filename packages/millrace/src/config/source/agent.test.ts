import { MillraceError } from '@millrace/base'
import { describe, expect, it } from 'vitest'
import { agent, defineProject, env } from '../define.ts'
import { validateConfig } from '../validate-config.ts'

const STREAMS = {
  checkout: { columns: { id: 'int64', total: { type: 'decimal(12,2)', nullable: false } }, key: ['id'], unknownMembers: 'ignore' },
} as const

function problemOf(source: object): string {
  try {
    validateConfig({ name: 'shop', sources: { web: { kind: 'agent', ...source } } }, 'millrace.config.ts')
  } catch (error) {
    if (error instanceof MillraceError && error.code === 'CONFIG_INVALID') return error.message
  }
  return ''
}

describe('a source of agents', () => {
  it('is taken as it is where it is right', () => {
    const teams = { shop: { token: [env('NEW'), env('OLD')], streams: STREAMS } }
    const config = defineProject({
      name: 'shop',
      sources: { web: agent({ teams, port: 0, host: '0.0.0.0', tls: { certificate: 'a.pem', key: 'b.pem' } }) },
    })
    expect(validateConfig(config, 'millrace.config.ts')).toEqual(config)
  })

  it.each([
    [{}, 'teams'],
    [{ teams: {} }, 'must name a team at least'],
    [{ teams: { shop: { token: 'plain', streams: STREAMS } } }, 'teams.shop.token'],
    [{ teams: { shop: { token: env('A'), streams: { 'Not A Stream': STREAMS.checkout } } } }, 'streams.Not A Stream'],
    [{ teams: { shop: { token: env('A'), streams: { a: { columns: {} } } } } }, 'must name a column at least'],
    [{ teams: { shop: { token: env('A'), streams: { a: { columns: { id: 'int65' } } } } } }, 'columns.id'],
    [{ teams: { shop: { token: env('A'), streams: STREAMS } }, port: 99_999 }, 'port'],
  ])('names the place of what is wrong: %j', (source, problem) => {
    expect(problemOf(source)).toContain(problem)
  })
})
