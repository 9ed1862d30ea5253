import { afterEach, beforeEach, expect, test } from 'vitest'
import { listAttempts, listEvents } from './index.ts'
import { DeliverySetup, until } from './testing/delivery-setup.ts'
import { Receiver } from './testing/receiver.ts'

let setup: DeliverySetup
let receiver: Receiver

beforeEach(async () => {
  setup = await DeliverySetup.open()
  receiver = await Receiver.start()
})

afterEach(async () => {
  await setup.close()
  await receiver.stop()
})

test('each change is told once, and each has a recorded attempt', async () => {
  await setup.appendOrders(3000)
  const { stage } = setup.deliver({ url: receiver.url })
  await until(() => stage.observe()[0]?.changes === 3000)
  expect(new Set(receiver.ids).size).toBe(3000)
  expect(receiver.ids.length).toBe(3000)
  const [event] = listEvents(setup.reader, { delivery: 'partner', limit: 1 })
  expect(event?.status).toBe('delivered')
  expect(listAttempts(setup.reader, { eventId: event?.id ?? '' })).toMatchObject([{ number: 1, delivered: true, answer: 200 }])
})
