import { Webhook } from 'standardwebhooks'
import { expect, test } from 'vitest'
import { generateSecret, parseSecret, signatureOf } from './signature.ts'

test('the signature is that of the Standard Webhooks test vector', () => {
  const key = parseSecret('partner', 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw')
  const signed = { id: 'msg_p5jXN8AQM9LWM0D4loKWxJek', timestampSeconds: 1_614_265_330, body: '{"test": 2432232314}' }
  expect(signatureOf([key], signed)).toBe('v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=')
})

test('an independent verifier accepts what is signed, and nothing that was changed', () => {
  const secret = generateSecret()
  const body = '{"state":"größer – 注文"}'
  const timestampSeconds = Math.floor(Date.now() / 1000)
  const signature = signatureOf([parseSecret('partner', secret)], { id: 'msg_1', timestampSeconds, body })
  const headers = { 'webhook-id': 'msg_1', 'webhook-timestamp': String(timestampSeconds), 'webhook-signature': signature }
  expect(new Webhook(secret).verify(body, headers)).toEqual({ state: 'größer – 注文' })
  expect(() => new Webhook(secret).verify(body.replace('注', '主'), headers)).toThrow()
  expect(() => new Webhook(secret).verify(body, { ...headers, 'webhook-id': 'msg_2' })).toThrow()
})

test.each([
  ['secret', 'begin with whsec_'],
  ['whsec_', 'not in base64'],
  ['whsec_not base64!', 'not in base64'],
  [`whsec_${btoa('short')}`, 'holds 5 bytes'],
  [`whsec_${btoa('x'.repeat(65))}`, 'holds 65 bytes'],
])('law 9: the secret %j is refused with a reason and without its value', (secret, reason) => {
  const attempt = (): unknown => parseSecret('partner', secret)
  expect(attempt).toThrowError(
    expect.objectContaining({ code: 'DELIVERY_SECRET_INVALID', message: expect.stringContaining(reason) as string }),
  )
  expect(attempt).not.toThrowError(expect.objectContaining({ message: expect.stringContaining(secret.slice(8) || '☃') as string }))
})
