/** One section of this bench: `node section-process.ts '{"section":"snapshot", …}'` prints its figures as one line of JSON. */
import { type SectionOrder, WORK } from './sections.ts'

const order = JSON.parse(process.argv[2] ?? '{}') as SectionOrder
const figures = await WORK[order.section](order, (line) => process.stderr.write(`${order.section.padEnd(9)} ${line}\n`))
process.stdout.write(`${JSON.stringify(figures)}\n`, () => process.exit(0))
