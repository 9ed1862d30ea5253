import { MillraceError } from '@millrace/base'
import { expect, test } from 'vitest'
import { csv, defineProject, env, files, fixedWidth, jsonLines, logs, parquet } from '../define.ts'
import { validateConfig } from '../validate-config.ts'

function problemOf(source: object): string {
  try {
    validateConfig({ name: 'shop', sources: { inbox: source } }, 'millrace.config.ts')
  } catch (error) {
    if (error instanceof MillraceError && error.code === 'CONFIG_INVALID') return error.message
  }
  return ''
}

const streams = (more: object): object => ({
  kind: 'files',
  from: './in',
  streams: { orders: { files: '*', format: { type: 'csv' }, ...more } },
})

test('what is right is taken as it is', () => {
  const config = defineProject({
    name: 'shop',
    sources: {
      inbox: files({
        from: 's3://bucket/prefix',
        region: 'eu-central-1',
        endpoint: 'https://s3.example.com',
        credentials: { accessKeyId: env('KEY'), secretAccessKey: env('SECRET'), sessionToken: env('TOKEN') },
        streams: {
          orders: { files: ['orders-*.csv', 'old/**'], key: ['id'], rows: 'replace', format: csv({ columns: { id: 'int32' } }) },
          events: { files: '*.json', format: jsonLines() },
          pay: { files: '*.dat', format: fixedWidth({ layouts: { a: { fields: [{ name: 'x', start: 1, length: 2, type: 'text' }] } } }) },
          sales: { files: '*.parquet', format: parquet({ columns: ['id'] }) },
        },
      }),
      app: logs({ files: '/var/log/*.log', format: { type: 'pattern', pattern: /(?<a>.*)/ }, multiline: { start: '^\\d' } }),
    },
  })
  expect(validateConfig(config, 'millrace.config.ts')).toEqual(config)
})

test.each([
  [
    { kind: 'files', from: 'ftp://x/y', streams: { a: { files: '*', format: { type: 'csv' } } } },
    'sources.inbox.from` must be a folder or `s3://bucket/prefix`',
  ],
  [{ kind: 'files', from: './in', streams: {} }, 'sources.inbox.streams` must name a stream'],
  [streams({ format: { type: 'excel' } }), 'sources.inbox.streams.orders.format'],
  [streams({ format: { type: 'csv', delimiter: ';;' } }), 'sources.inbox.streams.orders.format.delimiter`'],
  [streams({ format: { type: 'csv', columns: { id: 'integer' } } }), 'sources.inbox.streams.orders.format.columns.id'],
  [streams({ format: { type: 'csv', seperator: ';' } }), "unknown setting 'seperator'"],
  [streams({ rows: 'replace' }), 'sources.inbox.streams.orders.key` must name'],
  [{ ...streams({}), pollMs: 1 }, 'sources.inbox.pollMs'],
  [{ ...streams({}), endpoint: 'not a url' }, 'sources.inbox.endpoint'],
  [
    { kind: 'logs', files: '*.log', format: { type: 'pattern', pattern: '(' } },
    'sources.inbox.format.pattern` must be a regular expression',
  ],
  [{ kind: 'logs', files: '*.log', format: { type: 'pattern', pattern: '(.*)' } }, 'must have a named group'],
  [{ kind: 'logs', files: '*.log' }, 'sources.inbox.format'],
])('what is wrong is told with its place: %j', (source, problem) => {
  expect(problemOf(source)).toContain(problem)
})
