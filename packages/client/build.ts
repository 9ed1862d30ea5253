/**
 * Writes the library as plain JavaScript into `dist`, for browsers, and for applications whose Node (20 and later) runs no
 * TypeScript: `node packages/client/build.ts [FOLDER]`. Types are blanked out, so lines and columns stay.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const source = fileURLToPath(new URL('./src', import.meta.url))
const target = process.argv[2] ?? fileURLToPath(new URL('./dist', import.meta.url))

mkdirSync(target, { recursive: true })
writeFileSync(join(target, 'package.json'), '{ "type": "module", "main": "./index.js" }\n')
for (const name of readdirSync(source).filter((each) => each.endsWith('.ts') && !each.includes('.test.'))) {
  const text = stripTypeScriptTypes(readFileSync(join(source, name), 'utf8')).replaceAll(/(from '\.\/[\w-]+)\.ts'/g, "$1.js'")
  writeFileSync(join(target, name.replace(/\.ts$/, '.js')), text)
}
