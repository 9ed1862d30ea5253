import { MillraceError } from '@millrace/base'
import { describe, expect, it } from 'vitest'
import { bytesOf } from './byte-size.ts'
import { defineProject, env, postgres, webhook } from './define.ts'
import { validateConfig } from './validate-config.ts'

function problemOf(config: unknown): string {
  try {
    validateConfig(config, 'millrace.config.ts')
  } catch (error) {
    if (error instanceof MillraceError && error.code === 'CONFIG_INVALID') return error.message
  }
  return ''
}

describe('the configuration', () => {
  it('is taken as it is where it is right', () => {
    const config = defineProject({
      name: 'shop',
      sources: { shop: postgres({ url: env('SHOP_URL'), tables: ['orders'] }) },
      deliveries: { totals: webhook({ from: 'order_totals', url: 'https://example.com', secret: [env('NEW'), env('OLD')] }) },
      streams: { 'shop.orders': { partitions: 4, retentionHours: 48 } },
      server: { port: 0 },
      live: { workers: 2, memory: '1.5 GB' },
    })
    expect(validateConfig(config, 'millrace.config.ts')).toEqual(config)
  })

  it('names the place of a value of the wrong type', () => {
    expect(problemOf({ name: 'shop', server: { port: 'eighty' } })).toContain('`server.port` must be a')
  })

  it('names an unknown setting and what was probably meant', () => {
    expect(problemOf({ name: 'shop', sorces: {} })).toContain("unknown setting 'sorces'; did you mean 'sources'?")
  })

  it('takes a size with its unit only', () => {
    expect(problemOf({ name: 'shop', live: { memory: '256' } })).toContain("must be a size such as '256 MB'")
    expect(bytesOf('256 MB')).toBe(256_000_000)
    expect(bytesOf('1.5GiB')).toBe(1.5 * 2 ** 30)
  })

  it('points into a source, however deep', () => {
    expect(problemOf({ name: 'shop', sources: { shop: { kind: 'postgres', url: 12 } } })).toContain('sources.shop.url')
    expect(problemOf({ name: 'shop', sources: { shop: { kind: 'oracle', url: 'x' } } })).toContain('sources.shop.kind')
  })

  it('refuses a name that could not be a slot or a schema', () => {
    expect(problemOf({ name: 'My Shop' })).toContain('lower-case letters')
  })

  it('says so where nothing was exported that is a configuration', () => {
    expect(problemOf(42)).toContain('the default export must be an object')
  })
})
