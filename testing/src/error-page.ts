/** `npm run docs`: writes docs/errors.md from the registry of errors. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { errorPage } from './house/error-page-text.ts'
import { ROOT } from './house/root.ts'

writeFileSync(join(ROOT, 'docs', 'errors.md'), errorPage())
process.stdout.write('docs/errors.md is up to date\n')
