import { expect, test } from 'vitest'
import { readNotice } from './read-notice.ts'

const place = { bucket: 'inbox', prefix: 'in/' }
const record = (key: string, bucket = 'inbox'): object => ({
  eventName: 'ObjectCreated:Put',
  s3: { bucket: { name: bucket }, object: { key, size: 1 } },
})
const event = { Records: [record('in/a+b%C3%BC.csv'), record('in/x.csv', 'other'), record('out/y.csv')] }
const inSns = { Type: 'Notification', Message: JSON.stringify(event) }

test.each([
  ['our own', { objects: ['a.csv', 'b/c.csv', 'a.csv'] }, ['a.csv', 'b/c.csv']],
  ['an S3 event', event, ['a bü.csv']],
  ['an S3 event through SNS', inSns, ['a bü.csv']],
  [
    'an S3 event through SQS',
    { Messages: [{ Body: JSON.stringify(event) }, { Body: JSON.stringify({ Records: [record('in/2')] }) }] },
    ['a bü.csv', '2'],
  ],
  [
    'an S3 event through SNS and SQS, as a function gets it',
    { Records: [{ eventSource: 'aws:sqs', body: JSON.stringify(inSns) }] },
    ['a bü.csv'],
  ],
  ['an event of EventBridge', { source: 'aws.s3', detail: { bucket: { name: 'inbox' }, object: { key: 'in/a+b.csv' } } }, ['a+b.csv']],
  ['the first notice of a bucket', { Service: 'Amazon S3', Event: 's3:TestEvent', Bucket: 'inbox' }, []],
  ['nothing in particular', {}, []],
])('%s is understood', (_, notice, keys) => {
  expect(readNotice(notice as Record<string, unknown>, place)).toEqual(keys)
})

test.each([[{ hello: 1 }], [{ objects: [1] }], [{ Message: 'not JSON' }], [{ Records: [{ s3: {} }] }], [{ Records: [1] }]])(
  '%j is no notice',
  (notice) => {
    expect(readNotice(notice as unknown as Record<string, unknown>, place)).toBeNull()
  },
)

test('law 8: envelopes in envelopes end', () => {
  let notice: Record<string, unknown> = { objects: ['a'] }
  for (let depth = 0; depth < 12; depth += 1) notice = { Message: JSON.stringify(notice) }
  expect(readNotice(notice, place)).toBeNull()
})
