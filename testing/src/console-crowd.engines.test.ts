/** The console over a project as large as they come, in a real browser: 200 models, 60 streams, long names, all simulated. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { findBrowser } from './house/browser.ts'
import { ROOT } from './house/root.ts'

/** Of one screen's width: a few screens of changes, deliveries and thread, however many nodes there are. */
const SCREENS_MOST = 4

let simulation: ChildProcess
let browser: Browser
let url: string

beforeAll(async () => {
  simulation = spawn(process.execPath, ['console/dev/main.ts', 'crowd', '0'], { cwd: ROOT, stdio: ['ignore', 'pipe', 'inherit'] })
  const lines = createInterface({ input: simulation.stdout as NodeJS.ReadableStream })
  const [line] = (await once(lines, 'line')) as [string]
  url = line.trim()
  browser = await chromium.launch({ executablePath: findBrowser() as string, args: ['--no-sandbox'] })
})

afterAll(async () => {
  await browser.close()
  const ended = once(simulation, 'exit')
  simulation.kill('SIGTERM')
  await ended
})

async function open(width: number, height: number, problems: string[]): Promise<Page> {
  const page = await browser.newPage({ viewport: { width, height } })
  page.setDefaultTimeout(120_000)
  page.on('pageerror', (error) => problems.push(String(error)))
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') problems.push(message.text())
  })
  await page.goto(url)
  await page.locator('[data-node="model:orders_by_day_7"]').waitFor()
  return page
}

test.each([
  [1440, 1000],
  [390, 844],
])(
  'a crowd fits a screen of %i × %i: the page never moves sideways, and stays a few screens high',
  async (width, height) => {
    const problems: string[] = []
    const page = await open(width, height, problems)
    const [wide, high] = (await page.evaluate('[document.documentElement.scrollWidth, document.documentElement.scrollHeight]')) as [
      number,
      number,
    ]
    expect(wide).toBe(width)
    expect(high).toBeLessThan(SCREENS_MOST * height)
    expect(problems).toEqual([])
    await page.close()
  },
  180_000,
)

test('what is in trouble is one click away from its path, which is then in view', async () => {
  const problems: string[] = []
  const page = await open(1440, 1000, problems)
  const trouble = page.getByRole('list', { name: 'In trouble' })
  await trouble.getByRole('button', { name: 'visits_by_day_89' }).click()
  await page.getByRole('dialog', { name: 'model visits_by_day_89' }).waitFor()
  // The rest of the crowd is gone.
  await page.locator('[data-node="model:orders_by_day_7"]').waitFor({ state: 'detached' })
  const chosen = page.locator('[data-node="model:visits_by_day_89"]')
  await page.waitForFunction(
    `(() => { const box = document.querySelector('[data-node="model:visits_by_day_89"]')?.getBoundingClientRect(); return box !== undefined && box.top >= 0 && box.bottom <= innerHeight && box.left >= 0 && box.right <= innerWidth })()`,
  )
  await chosen.click()
  await page.locator('[data-node="model:orders_by_day_7"]').waitFor()
  expect(problems).toEqual([])
  await page.close()
}, 180_000)
