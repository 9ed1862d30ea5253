/** `npm run simulate -w @millrace/console -- busy`: the built console over a simulated shop. */
import { startServer } from '@millrace/serve'
import { fileURLToPath } from 'node:url'
import { type Scenario, SCENARIOS, SimulatedShop } from './simulated-shop.ts'

const word = process.argv[2] ?? 'calm'
const scenario = SCENARIOS.find((name): name is Scenario => name === word)
if (scenario === undefined) throw new Error(`Name one of ${SCENARIOS.join(', ')}.`)

const shop = new SimulatedShop(scenario)
shop.prepare()
setInterval(() => shop.tick(), 1000)
const server = await startServer({
  port: Number(process.argv[3] ?? 4480),
  api: shop,
  consoleFolder: fileURLToPath(new URL('../dist', import.meta.url)),
})
process.stdout.write(`${server.url}\n`)
