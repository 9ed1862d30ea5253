import { MillraceError } from '@millrace/base'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { readBody } from './batch-body.ts'

const json = fc.jsonValue().map((value) => JSON.stringify(value))

it('whatever comes is a batch, or is refused as none', () => {
  const head = fc
    .record({ first: fc.integer(), count: fc.integer({ min: -1, max: 4 }), time: fc.integer(), sections: fc.jsonValue() })
    .map((value) => JSON.stringify(value))
  const line = fc.oneof(
    json,
    head,
    fc.string(),
    fc.tuple(fc.nat(3), fc.nat(), json).map((words) => words.join(' ')),
  )
  fc.assert(
    fc.property(fc.array(line, { maxLength: 8 }), (lines) => {
      try {
        readBody(`${lines.join('\n')}\n`)
      } catch (error) {
        expect(error).toBeInstanceOf(MillraceError)
        expect(error).toMatchObject({ code: 'AGENT_BATCH_UNREADABLE' })
      }
    }),
    { numRuns: 500 },
  )
})

it('frames that follow one another give each event its number, time, stream and text', () => {
  const frame = fc.record({ first: fc.nat(1e6), time: fc.nat(), texts: fc.array(json, { minLength: 1, maxLength: 5 }) })
  fc.assert(
    fc.property(fc.array(frame, { minLength: 1, maxLength: 4 }), (frames) => {
      const body = frames
        .map(({ first, time, texts }) => {
          const head = JSON.stringify({ first, count: texts.length, time, sections: [['click'], ['view', 'id', ['a']]] })
          return `${[head, ...texts.map((text, at) => `${at % 2} ${at} ${text}`)].join('\n')}\n`
        })
        .join('')
      const wanted = frames.flatMap(({ first, time, texts }) =>
        texts.map((text, at) => ({
          number: first + at,
          timeMs: time + at,
          section: at % 2 === 0 ? { stream: 'click', columns: null } : { stream: 'view', columns: ['a'] },
          text,
        })),
      )
      expect(readBody(body).flatMap(({ events }) => events)).toEqual(wanted)
    }),
  )
})
