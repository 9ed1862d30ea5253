/**
 * The console as a person meets it: the real demo, a real browser, the built page. With `UPDATE_IMAGES=1`
 * the same run makes the pictures of the README.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { findBrowser } from './house/browser.ts'
import { ROOT } from './house/root.ts'

const DEMO = ['packages/millrace/bin/millrace.js', 'demo', '--json', '--port', '0', '--rate', '120']
/** Wide enough that nothing wraps, and of a height that GitHub shows whole. */
const VIEW = { width: 1440, height: 1000 }
/** So that the picture has some history to show. */
const PICTURE_AFTER_MS = 25_000

let demo: ChildProcess
let browser: Browser
let url: string

beforeAll(async () => {
  demo = spawn(process.execPath, DEMO, { cwd: ROOT, stdio: ['ignore', 'pipe', 'inherit'] })
  const lines = createInterface({ input: demo.stdout as NodeJS.ReadableStream })
  const [line] = (await once(lines, 'line')) as [string]
  url = (JSON.parse(line) as { console: string }).console
  browser = await chromium.launch({ executablePath: findBrowser() as string, args: ['--no-sandbox'] })
})

afterAll(async () => {
  await browser.close()
  const ended = once(demo, 'exit')
  demo.kill('SIGTERM')
  await ended
})

async function openConsole(colorScheme: 'light' | 'dark', problems: string[]): Promise<Page> {
  const page = await browser.newPage({ viewport: VIEW, deviceScaleFactor: 2, colorScheme })
  page.setDefaultTimeout(45_000)
  page.on('pageerror', (error) => problems.push(String(error)))
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') problems.push(message.text())
  })
  await page.goto(url)
  return page
}

/** Each node as the page speaks it to a screen reader: `model order_totals: flowing, 96 changes a second, …`. */
async function spokenNodes(page: Page): Promise<Map<string, string>> {
  const nodes = await page
    .locator('[data-node]')
    .evaluateAll((cards) =>
      cards.map((card): [string, string] => [card.getAttribute('data-node') ?? '', card.getAttribute('aria-label') ?? '']),
    )
  return new Map(nodes)
}

async function until(done: () => Promise<boolean>, what: string): Promise<void> {
  const deadline = performance.now() + 45_000
  while (!(await done())) {
    expect(performance.now(), what).toBeLessThan(deadline)
    await sleep(100)
  }
}

test('the page shows the thread as it moves, from the source to the attempts of a delivery', async () => {
  const problems: string[] = []
  const page = await openConsole('light', problems)

  // Every node of the thread flows, and says how fast.
  const chain = ['source:shop', 'stream:shop.orders', 'stream:shop.order_items', 'model:order_totals', 'delivery:totals']
  await until(async () => {
    const spoken = await spokenNodes(page)
    return chain.every((id) => / (flowing|lagging), (?!0 )[\d.,k]+ changes a second/.test(spoken.get(id) ?? ''))
  }, 'every node on the way flows')

  // The answer comes first, and with it the proof.
  await until(
    async () => (await page.getByRole('region', { name: 'Can I trust the data now?' }).getAttribute('data-trust')) === 'yes',
    'the data can be trusted',
  )
  const proof = page.getByRole('region', { name: 'Proof' })
  await until(
    async () => (await proof.getAttribute('data-proof')) === 'equal' && /[1-9][\d,]* rows/.test(await proof.innerText()),
    'rows are proven',
  )

  // Changes come by themselves, and the cut goes up.
  const changes = page.getByRole('list', { name: 'Last changes' })
  const first = await changes.getByRole('listitem').first().innerText()
  await until(async () => (await changes.getByRole('listitem').first().innerText()) !== first, 'a newer change comes')

  if (process.env['UPDATE_IMAGES'] === '1') {
    await sleep(PICTURE_AFTER_MS)
    await picture(page, 'console.png')
  }

  // A model opens with its SQL.
  await page.locator('[data-node="model:order_totals"]').click()
  const drawer = page.getByRole('dialog', { name: 'model order_totals' })
  await drawer.getByRole('tab', { name: 'SQL' }).click()
  await drawer.getByText('sum(i.quantity * i.unit_price)').first().waitFor()
  await page.keyboard.press('Escape')
  await drawer.waitFor({ state: 'detached' })

  // A delivery opens down to the attempt that was answered.
  await page.locator('[data-node="delivery:totals"]').click()
  const delivery = page.getByRole('dialog', { name: 'delivery totals' })
  await delivery.getByRole('tab', { name: 'Events' }).click()
  await delivery.getByRole('row', { expanded: false }).filter({ hasText: 'delivered' }).first().click()
  const attempts = delivery.getByRole('region', { name: 'Attempts' })
  await attempts.getByText('204').first().waitFor()
  expect(await attempts.getByRole('listitem').count()).toBeGreaterThan(0)
  await delivery.getByRole('list', { name: 'The way of this change' }).waitFor()

  // What is open is the address: the same page again shows the same event.
  expect(page.url()).toContain('event=msg_')
  await page.reload()
  await page.getByRole('dialog', { name: 'delivery totals' }).getByRole('region', { name: 'Attempts' }).waitFor()

  expect(problems).toEqual([])
  await page.close()
})

test('in the dark the page is dark, and as sound', async () => {
  const problems: string[] = []
  const page = await openConsole('dark', problems)
  await page.locator('[data-node="model:order_totals"]').waitFor()
  expect(await brightness(page)).toBeLessThan(0.3)
  if (process.env['UPDATE_IMAGES'] === '1') {
    await sleep(PICTURE_AFTER_MS)
    await picture(page, 'console-dark.png')
  }
  expect(problems).toEqual([])
  await page.close()
})

test('on a telephone nothing is wider than the screen', async () => {
  const problems: string[] = []
  const page = await openConsole('light', problems)
  await page.setViewportSize({ width: 390, height: 844 })
  await page.locator('[data-node="model:order_totals"]').waitFor()
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390)
  expect(problems).toEqual([])
  await page.close()
})

/** Of the page's ground, from 0 (black) to 1 (white). */
function brightness(page: Page): Promise<number> {
  return page.evaluate(() => {
    const context = document.createElement('canvas').getContext('2d') as CanvasRenderingContext2D
    context.fillStyle = getComputedStyle(document.body).backgroundColor
    context.fillRect(0, 0, 1, 1)
    const [red = 0, green = 0, blue = 0] = context.getImageData(0, 0, 1, 1).data
    return (red + green + blue) / 3 / 255
  })
}

async function picture(page: Page, name: string): Promise<void> {
  const folder = join(ROOT, 'docs', 'images')
  mkdirSync(folder, { recursive: true })
  await page.mouse.move(0, 0)
  await page.screenshot({ path: join(folder, name), clip: { x: 0, y: 0, ...VIEW } })
}
